/// A range of images, of a group of channels, and of windows along each axis.
struct Tile {
  var image: Int
  var images: Int
  var group: Int
  var line: Int
  var lines: Int
  var column: Int
  var columns: Int
}

/// The cut of images into tiles, whose planes fit a near cache, and the layout of the planes.
///
/// It depends on the sizes alone.
struct Tiling {
  /// The images, and the windows along each axis, of a tile.
  let images: Int
  let lines: Int
  let columns: Int
  /// Whether the images themselves serve as planes: windows lie inside, or kernels clip them.
  let isInPlace: Bool
  /// The lines of a plane, the elements of a line whose columns have one residue modulo the step,
  /// and the distances of lines, of planes, and of images.
  let planeLines: Int
  let pitch: Int
  let linePitch: Int
  let planeSize: Int
  let imageSize: Int
  private let allImages: Int
  private let groups: Int
  private let windows: (Int, Int)

  /// The bytes of planes that are laid at once.
  static let cachedBytes = 1 << 18
  /// Tasks that keep the threads busy.
  static let wantedTasks = 16
  /// The windows that make good use of a panel of weights.
  private static let wantedWindows = 256

  init(
    count: (Int, Int), step: (Int, Int), first: (Int, Int), reach: (Int, Int),
    source: (channels: Int, height: Int, width: Int), images: Int, groups: Int, lanes: Int,
    elementLimit limit: Int, copies: Bool, clips: Bool, work: Int,
    wantedTiles: Int = Tiling.wantedTasks
  ) {
    allImages = images
    self.groups = groups
    windows = count
    let isInside =
      Swift.min(first.0, first.1) >= 0
      && first.0 + (count.0 - 1) * step.0 + reach.0 <= source.height
      && first.1 + count.1 - 1 + reach.1 <= source.width
    isInPlace = !copies && step.1 == 1 && (clips || isInside)

    func pitch(_ columns: Int) -> Int {
      let elements = columns + (reach.1 - 1) / step.1
      return (elements + lanes - 1) / lanes * lanes
    }
    func elements(_ lines: Int, _ columns: Int) -> Int {
      source.channels * ((lines - 1) * step.0 + reach.0) * step.1 * pitch(columns)
    }
    var (lines, columns) = (Swift.max(1, count.0), Swift.max(1, count.1))
    while lines > 1 && elements(lines, columns) > limit { lines = (lines + 1) / 2 }
    while columns > 64 && elements(lines, columns) > limit { columns = Self.half(columns) }
    // Fewer windows a tile if there are few images.
    let total = images * groups * count.0 * count.1 * work
    let wanted = Swift.min(wantedTiles, total / Grain.multiplyAdds)
    func tiles() -> Int {
      images * groups * ((count.0 + lines - 1) / lines) * ((count.1 + columns - 1) / columns)
    }
    while lines > 1 && tiles() < wanted { lines = (lines + 1) / 2 }
    while columns > 64 && tiles() < wanted { columns = Self.half(columns) }
    self.lines = lines
    self.columns = columns
    let isWhole = lines >= count.0 && columns >= count.1
    self.images =
      isWhole
      ? Swift.max(
        1,
        Swift.min(
          limit / Swift.max(1, elements(lines, columns)),
          Self.wantedWindows / Swift.max(1, lines * columns),
          images, images * groups / wantedTiles))
      : 1
    planeLines = isInPlace ? source.height : (lines - 1) * step.0 + reach.0
    self.pitch = isInPlace ? source.width : pitch(columns)
    linePitch = step.1 * self.pitch
    planeSize = planeLines * linePitch
    imageSize = planeSize * source.channels * (isInPlace ? groups : 1)
  }

  /// Half of a number of columns, in whole vectors of any width.
  private static func half(_ columns: Int) -> Int { (columns / 2 + 15) / 16 * 16 }

  private var strips: (Int, Int) {
    ((windows.0 + lines - 1) / lines, (windows.1 + columns - 1) / columns)
  }

  /// The number of tiles of a group.
  var countOfGroup: Int {
    (allImages + images - 1) / images * strips.0 * strips.1
  }

  /// The number of tiles.
  var count: Int { groups * countOfGroup }

  /// The tiles of an image after the other.
  subscript(index: Int) -> Tile {
    let ofImage = strips.0 * strips.1
    let place = index / ofImage
    return self[place / groups * ofImage + index % ofImage, ofGroup: place % groups]
  }

  /// The tiles of a group, of an image after the other.
  subscript(index: Int, ofGroup group: Int) -> Tile {
    let (down, across) = strips
    let place = index / across
    let image = place / down * images
    return tile(
      image, Swift.min(images, allImages - image), group, place % down, index % across)
  }

  /// The tiles of some images, with at most `images` images each.
  func tiles(ofImages range: Range<Int>, images: Int) -> [Tile] {
    let (down, across) = strips
    return stride(from: range.lowerBound, to: range.upperBound, by: images).flatMap { image in
      (0..<groups).flatMap { group in
        (0..<down * across).map {
          tile(
            image, Swift.min(images, range.upperBound - image), group, $0 / across, $0 % across)
        }
      }
    }
  }

  private func tile(_ image: Int, _ images: Int, _ group: Int, _ down: Int, _ across: Int) -> Tile {
    Tile(
      image: image, images: images, group: group, line: down * lines,
      lines: Swift.min(lines, windows.0 - down * lines), column: across * columns,
      columns: Swift.min(columns, windows.1 - across * columns))
  }
}
