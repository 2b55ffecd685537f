import CKernels

/// The convolution of images with kernels of 3 × 3 by Winograd's F(4 × 4, 3 × 3).
///
/// Windows are taken by tiles of 4 × 4, whose 36 pixels and the weights are transformed so that 36
/// products per pair of channels take the place of 144. The transformations are sums of few
/// multiples up to 8, which makes the result less exact: its error is within 10⁻⁵ of Σ |w| |x|,
/// some ten times that of the sum of products itself. It is used for float32 alone.
///
/// The gradient of the weights is the transpose: with pixels and slopes of results transformed, 36
/// products per pair of channels and tile are summed, and the sums transformed to those of weights.
struct WinogradConvolution {
  let loops: ck_winograd
  let kernels: ck_convolution
  let packing: ck_gemm
  let groups: Int
  let source: (channels: Int, height: Int, width: Int)
  let target: (channels: Int, height: Int, width: Int)
  /// The first pixel of the first window.
  private let first: (Int, Int)
  /// Whether the elements of a window are those of the kernel in reverse.
  private let isReversed: Bool
  /// The cut into tiles, of which each has 4 × 4 windows.
  let tiling: Tiling

  static let components = 36
  static let size = MemoryLayout<Float>.size
  var panel: Int { Int(kernels.panel) }
  /// The panels of the channels of a group's result.
  let panels: Int
  /// The channels of a pixel in memory.
  var pitch: Int { pitch(source.channels) }
  func pitch(_ channels: Int) -> Int {
    let lanes = Int(kernels.lanes)
    return (channels + lanes - 1) / lanes * lanes
  }
  /// The distance of components of `count` elements.
  func component(_ count: Int) -> Int { count + panel }

  /// Whether all images of a group are one tile, whose panels of channels the tasks share.
  ///
  /// Weights that no near cache holds are then transformed where they are used, panel by panel.
  private let isOneTile: Bool

  /// Channels from which on the transformations cost less than they save.
  private static let fewestChannels = 16
  /// The tiles that make good use of weights once they are read.
  private static let fewestTiles = 16
  /// The tiles that make good use of sums once they are read.
  static let summedTiles = 64
  /// The transformed weights that a near cache holds, 1 MiB.
  private static let cachedWeights = 1 << 18
  /// The transformed weights that a shared cache can hold, 16 MiB.
  private static let mostWeights = 1 << 22
  /// The tiles of 4 × 4, and their pixels over all channels of the source, that can be one tile.
  private static let fewTiles = (count: 256, pixels: 1 << 20)
  /// The tasks that share a tile at most, because each of them transforms the pixels.
  static let mostParts = 8

  /// Returns `nil` unless the convolution is of this kind and large enough.
  ///
  /// With `isGradient` tiles are those for the gradient of the weights, whose sums each tile reads.
  init?(
    _ source: Shape, into target: Shape, groups: Int, _ windows: PlacedWindowParts,
    kernel: (Int, Int), dtype: DType, isGradient: Bool = false
  ) {
    let (inner, outer) = (source[1] / groups, target[1] / groups)
    let rows = windows.parts[0].rows
    let columns = windows.parts[0].columns
    let tiles = ((target[2] + 3) / 4, (target[3] + 3) / 4)
    let count = source[0] * tiles.0 * tiles.1
    let isOneTile =
      !isGradient && Self.components * inner * outer > Self.cachedWeights
      && count <= Self.fewTiles.count && 16 * count * inner <= Self.fewTiles.pixels
    guard count > 0, dtype == .float32, kernel == (3, 3),
      windows.step == (1, 1), windows.parts.count == 1,
      abs(rows.pixelStep) == 1, rows.pixelStep == columns.pixelStep,
      Swift.min(inner, outer) >= Self.fewestChannels,
      isGradient || isOneTile || Self.components * inner * outer <= Self.mostWeights,
      // Tiles at the edges are not much larger than the windows there.
      8 * tiles.0 * tiles.1 <= target[2] * target[3],
      let loops = ck_winograd_for(Execution.current.kernels),
      let kernels = ck_convolution_for(Execution.current.kernels, dtype.code)
    else { return nil }
    self.loops = loops.pointee
    self.kernels = kernels.pointee
    packing = MatrixProduct.kernels(dtype).pointee
    self.groups = groups
    self.source = (inner, source[2], source[3])
    self.target = (outer, target[2], target[3])
    first = (rows.bounds.0, columns.bounds.0)
    isReversed = rows.pixelStep < 0
    panels = (outer + Int(kernels.pointee.panel) - 1) / Int(kernels.pointee.panel)
    self.isOneTile = isOneTile
    let limit =
      isOneTile
      ? Int.max
      : isGradient
        ? 24 * inner * Self.summedTiles
        // The components take some two and a half times the memory of the pixels, and products need
        // some rows.
        : Swift.max(
          Tiling.cachedBytes / (3 * Self.size), Self.components * inner * Self.fewestTiles)
    tiling = Tiling(
      count: tiles, step: (4, 4), first: first, reach: (6, 6), source: self.source,
      images: source[0], groups: groups, lanes: 1, elementLimit: limit, copies: true,
      clips: false,
      work: Self.components * inner * outer,
      wantedTiles: isOneTile || isGradient ? 1 : Tiling.wantedTasks)
  }

  /// The number of channels in a panel.
  func width(ofPanel j: Int) -> Int { Swift.min(panel, target.channels - j * panel) }

  /// The panels of a part of a task.
  func panels(ofPart part: Int, of parts: Int) -> Range<Int> {
    part * panels / parts..<(part + 1) * panels / parts
  }

  /// Writes the convolution with a weight [groups · target, source, 3, 3], plus the bias.
  func apply(
    _ weight: Tensor, bias: UnsafeRawPointer?, to images: UnsafeRawPointer,
    into result: UnsafeMutableRawPointer
  ) {
    let weights = isOneTile ? nil : transformed(weight)
    let columns = Array(0..<source.channels)
    let windows = tiling.lines * tiling.columns * tiling.images
    let parts = isOneTile ? Swift.min(panels, Self.mostParts) : 1
    let work = windows * Self.components * source.channels * target.channels
    forEachChunk(of: tiling.count * parts, each: work / parts, grain: Grain.multiplyAdds) { range in
      let rest = Int(kernels.rows)
      let planes = Storage(byteCount: tiling.planeLines * line * Self.size)
      let pixels = Storage(byteCount: Self.components * component(windows * pitch) * Self.size)
      let products = Storage(
        byteCount: Self.components * component((windows + rest) * panel) * Self.size)
      let results = Storage(byteCount: 16 * tiling.lines * tiling.columns * panel * Self.size)
      let panelOfTask = Storage(byteCount: isOneTile ? panelOfWeights * Self.size : 1)
      for index in range {
        let tile = tiling[index / parts]
        let count = tile.lines * tile.columns * tile.images
        let rows = (0..<count + rest).map { Swift.min($0, count - 1) * pitch }
        transform(images: images, tile, planes, into: pixels)
        for j in panels(ofPart: index % parts, of: parts) {
          let width = width(ofPanel: j)
          let place = tile.group * panels + j
          let factors: UnsafeMutableRawPointer
          if let weights {
            factors = weights.pointer + place * panelOfWeights * Self.size
          } else {
            factors = panelOfTask.pointer
            transform(weight.pointer, panels: place..<place + 1, into: factors)
          }
          for k in 0..<Self.components {
            multiply(
              count, width, pixels.pointer + k * component(count * pitch) * Self.size, rows,
              columns, factors + k * component(source.channels * panel) * Self.size,
              into: products.pointer
                + k * component((count + rest) * panel) * Self.size)
          }
          store(
            products.pointer, tile, j, width, component: component((count + rest) * panel),
            bias: bias, through: results.pointer, into: result)
        }
      }
    }
    withExtendedLifetime((weights, weight)) {}
  }

  /// The elements of a line of a plane.
  var line: Int { (4 * tiling.columns + 2) * pitch }

  /// The elements of a panel of transformed weights, [component, source, channel].
  private var panelOfWeights: Int { Self.components * component(source.channels * panel) }

  /// The transformed weights, by group and panel.
  private func transformed(_ weight: Tensor) -> Storage {
    let result = Storage(byteCount: groups * panels * panelOfWeights * Self.size)
    let (from, to) = (weight.pointer, result.pointer)
    forEachChunk(of: groups * panels, each: panelOfWeights, grain: Grain.elements) { range in
      transform(from, panels: range, into: to + range.lowerBound * panelOfWeights * Self.size)
    }
    return result
  }

  /// Writes the transformed weights of some of the panels of all groups.
  private func transform(
    _ weight: UnsafeRawPointer, panels range: Range<Int>, into result: UnsafeMutableRawPointer
  ) {
    let depth = 9 * source.channels
    let packed = Storage(byteCount: depth * panel * Self.size)
    for index in range {
      let channel = index / panels * target.channels + index % panels * panel
      packing.pack_b(
        weight + channel * depth * Self.size, 1, depth, depth, width(ofPanel: index % panels),
        packed.pointer)
      loops.weights(
        packed.pointer, result + (index - range.lowerBound) * panelOfWeights * Self.size,
        source.channels, component(source.channels * panel), isReversed ? 1 : 0)
    }
  }

  /// Writes the transformed pixels of a tile, [component, image, row, column, channel].
  func transform(
    images: UnsafeRawPointer, _ tile: Tile, _ planes: Storage, into pixels: Storage
  ) {
    let count = tile.lines * tile.columns
    var layout = ck_planes(
      image: (source.height, source.width),
      first: (4 * tile.line + first.0, 4 * tile.column + first.1), lines: 4 * tile.lines + 2,
      step: 1, pitch: 4 * tile.columns + 2)
    for image in 0..<tile.images {
      let channel = ((tile.image + image) * groups + tile.group) * source.channels
      loops.lay(
        images + channel * source.height * source.width * Self.size, planes.pointer, &layout,
        source.channels, pitch)
      packing.round?(planes.pointer, 1, planes.pointer, layout.lines * line)
      loops.pixels(
        planes.pointer, pixels.pointer + image * count * pitch * Self.size, tile.lines,
        tile.columns, (4 * tile.columns + 2) * pitch, pitch,
        component(count * tile.images * pitch))
    }
  }

  private func multiply(
    _ count: Int, _ width: Int, _ pixels: UnsafeRawPointer, _ rows: [Int], _ columns: [Int],
    _ weights: UnsafeRawPointer, into products: UnsafeMutableRawPointer
  ) {
    let block = Swift.max(1, ck_gemm_block(source.channels, packing.kc))
    columns.withUnsafeBufferPointer { columns in
      for p in stride(from: 0, to: source.channels, by: block) {
        kernels.multiply(
          count, width, Swift.min(block, source.channels - p), pixels, rows,
          columns.baseAddress.map { $0 + p }, weights + p * panel * Self.size, nil, products,
          p > 0 ? 1 : 0)
      }
    }
  }

  /// Writes the results of a panel of channels.
  private func store(
    _ products: UnsafeRawPointer, _ tile: Tile, _ j: Int, _ width: Int, component: Int,
    bias: UnsafeRawPointer?, through results: UnsafeMutableRawPointer,
    into result: UnsafeMutableRawPointer
  ) {
    let (height, across) = (
      Swift.min(4 * tile.lines, target.height - 4 * tile.line),
      Swift.min(4 * tile.columns, target.width - 4 * tile.column)
    )
    let channel = tile.group * target.channels + j * panel
    let plane = target.height * target.width
    withUnsafeTemporaryAllocation(of: Float.self, capacity: panel) { start in
      start.initialize(repeating: 0)
      if let bias, let first = start.baseAddress {
        UnsafeMutableRawPointer(first).copyMemory(
          from: bias + channel * Self.size, byteCount: width * Self.size)
      }
      for image in 0..<tile.images {
        let count = tile.lines * tile.columns
        loops.results(
          products + image * count * panel * Self.size, bias == nil ? nil : start.baseAddress,
          results, tile.columns, height, across, component)
        let to = (tile.image + image) * groups * target.channels + channel
        kernels.store(
          results, width, height, across,
          result
            + (to * plane + 4 * tile.line * target.width + 4 * tile.column) * Self.size,
          plane, target.width, 1)
      }
    }
  }
}
