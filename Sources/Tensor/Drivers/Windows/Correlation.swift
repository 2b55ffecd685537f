import CKernels

/// Products of the windows over images with kernels.
///
/// An image is taken tile by tile: the pixels that a tile of windows covers are laid into planes
/// that stay in a near cache, with zeros for those outside. There, the elements of a window lie at
/// constant distances, so the windows are the rows of a matrix whose element is at the sum of a
/// row's and a column's offset, and vectors run along the channels of the result. If a group has so
/// few of these that most lanes would be idle, vectors run along lines of windows. Images are read
/// in place where no zeros are needed, or where the kernels clip windows.
struct Correlation {
  let dtype: DType
  let kernels: ck_convolution
  let packing: ck_gemm
  let images: Int
  let groups: Int
  /// The channels of a group, the height and the width of the source and of the result.
  let source: (channels: Int, height: Int, width: Int)
  let target: (channels: Int, height: Int, width: Int)
  let kernel: (Int, Int)
  let parts: [WindowPart]
  /// The distance of the windows in the source.
  let step: (Int, Int)
  /// The pixel relative to the first window where the planes start.
  let first: (Int, Int)
  /// The pixels that a window covers along each axis, from its first to its last.
  let reach: (Int, Int)
  /// The number of windows of the largest part.
  let count: (Int, Int)
  let isThin: Bool
  let tiling: Tiling

  var size: Int { dtype.byteCount }
  var panel: Int { Int(kernels.panel) }
  var lanes: Int { Int(kernels.lanes) }
  /// The number of elements of a window over the channels of a group.
  var depth: Int { source.channels * kernel.0 * kernel.1 }
  var panels: Int { (target.channels + panel - 1) / panel }

  init(
    _ source: Shape, into target: Shape, groups: Int, _ windows: PlacedWindowParts,
    kernel: (Int, Int), dtype: DType
  ) {
    guard let kernels = ck_convolution_for(Execution.current.kernels, dtype.code) else {
      fail("conv2d: \(dtype.isUndefined)")
    }
    self.dtype = dtype
    self.kernels = kernels.pointee
    packing = MatrixProduct.kernels(dtype).pointee
    self.groups = groups
    self.kernel = kernel
    images = source[0]
    self.source = (source[1] / groups, source[2], source[3])
    self.target = (target[1] / groups, target[2], target[3])
    parts = windows.parts
    step = windows.step
    let covering = parts.filter { !$0.isEmpty }
    func range(_ axis: KeyPath<WindowPart, WindowElements>) -> (Int, Int) {
      let bounds = covering.map { $0[keyPath: axis].bounds }
      return (bounds.map(\.0).min() ?? 0, bounds.map(\.1).max() ?? 0)
    }
    let (rows, columns) = (range(\.rows), range(\.columns))
    first = (rows.0, columns.0)
    reach = (rows.1 - rows.0 + 1, columns.1 - columns.0 + 1)
    count = (parts.map(\.count.0).max() ?? 0, parts.map(\.count.1).max() ?? 0)
    isThin = Self.prefersStencils(
      parts, from: self.source.channels, to: self.target.channels, kernels.pointee)
    tiling = Tiling(
      count: count, step: step, first: first, reach: reach, source: self.source, images: images,
      groups: groups, lanes: isThin ? Int(kernels.pointee.lanes) : 1,
      elementLimit: Tiling.cachedBytes / dtype.byteCount, copies: packing.round != nil,
      clips: isThin && kernels.pointee.clips != 0,
      work: self.target.channels * self.source.channels * kernel.0 * kernel.1)
  }

  /// Whether vectors along lines of windows take fewer cycles than vectors along channels, most of
  /// whose lanes may have none.
  ///
  /// Two products take a cycle. The others were fitted to the rows `conv-depthwise`, `conv-3x3` and
  /// `conv-5x5` of the benchmarks with few channels, on an AMD EPYC with AVX-512.
  private static func prefersStencils(
    _ parts: [WindowPart], from source: Int, to target: Int, _ kernels: ck_convolution
  ) -> Bool {
    let lanes = Int(kernels.lanes)
    let block = (lines: Int(kernels.block_lines), columns: Int(kernels.block_columns))
    if target >= lanes || source == 0 { return false }
    let cycles = (call: 90, vector: 3, window: 12, tile: 150)
    var (stencils, products) = (0, cycles.tile)
    for part in parts {
      let blocks =
        (part.rows.count + block.lines - 1) / block.lines
        * ((part.columns.count + block.columns - 1) / block.columns)
      let elements = part.rows.count * part.columns.count
      let vectors = part.count.0 * ((part.count.1 + lanes - 1) / lanes)
      stencils +=
        target * source
        * (vectors * (elements / 2 + cycles.vector * blocks) + cycles.call * blocks)
      // Loads of single pixels keep products waiting.
      products += part.count.0 * part.count.1 * (source * elements * 5 / 8 + cycles.window)
    }
    return stencils <= products
  }

  // MARK: Results

  /// Writes Σ weight[target, source, element] · windows[source, element] + bias[target], with a
  /// weight [groups · target, source, kernel].
  func apply(_ weight: Tensor, bias: Tensor?, to images: Tensor, into result: Tensor) {
    let (from, to) = (images.pointer, result.pointer)
    if isThin {
      let weight = MatrixProduct.rounded(weight)
      let zero = Storage(byteCount: size)
      zero.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: size)
      if parts.contains(where: \.isEmpty) {
        to.initializeMemory(
          as: UInt8.self, repeating: 0, count: result.elementCount * size)
      }
      let (weights, starts) = (weight.pointer, bias.map { UnsafeRawPointer($0.pointer) })
      // A pointer, because tasks would take turns to count references to an array.
      stencilGrids().withUnsafeBufferPointer { grids in
        forEachTile { tile, planes in
          lay(from, tile, planes)
          applyStencils(
            grids, tile, planes, from, weights, bias: starts, zero: zero.pointer, into: to)
        }
      }
      withExtendedLifetime((zero, weight)) {}
    } else {
      let products = parts.map { Product($0, weight: weight, self) }
      let starts = bias.map { packed(bias: $0) }
      forEachTile { tile, planes in
        lay(from, tile, planes)
        for product in products {
          multiply(product, tile, planes, from, starts: starts, into: to)
        }
      }
      withExtendedLifetime(starts) {}
    }
    withExtendedLifetime((weight, bias, images)) {}
  }

  /// Writes Σ y[target, window] · windows[source, element, window] for each pair of channels of a
  /// group and each element.
  func correlate(_ x: Tensor, _ y: Tensor, into weight: Tensor) {
    let rows =
      isThin ? depth : (depth + Int(kernels.rows) - 1) / Int(kernels.rows) * Int(kernels.rows)
    let length = rows * (isThin ? target.channels : panels * panel)
    // Each task has sums of its own, and as many tasks as the memory for these allows.
    let tasks = Swift.min(16, Swift.max(4, Self.summedElements / Swift.max(1, groups * length)))
    let work = count.0 * count.1 * target.channels * groups * depth
    let grain = Swift.max(
      Grain.items(Grain.multiplyAdds, each: work, of: images), (images + tasks - 1) / tasks)
    let sums = Tensor(
      uninitialized: [(images + grain - 1) / grain, groups * length], dtype: dtype)
    let y = isThin ? MatrixProduct.rounded(y) : y
    let (from, factors, partial) = (x.pointer, y.pointer, sums.pointer)
    let bytes = groups * length * size
    let elements = isThin ? [] : columnOffsets(of: parts[0], count: rows)
    let grids = isThin ? stencilGrids() : []
    grids.withUnsafeBufferPointer { grids in
      forEachChunk(of: images, grain: grain) { range in
        let start = partial + range.lowerBound / grain * bytes
        start.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        let planes = Planes(self)
        for tile in tiling.tiles(ofImages: range, images: isThin ? 1 : tiling.images) {
          lay(from, tile, planes)
          let sum = start + tile.group * length * size
          if isThin {
            correlateStencils(grids, tile, planes, from, factors, into: sum)
          } else {
            multiply(tile, planes, from, factors, elements, into: sum)
          }
        }
      }
    }
    let total = Reduction.reduce(
      CK_REDUCE_SUM, sums, along: AxisMask(axis: 0), keepingAxes: false, name: "sum")
    if isThin {
      weight.pointer.copyMemory(from: total.pointer, byteCount: bytes)
    } else {
      kernels.storeWeight(
        total, rows: rows, groups: groups, channels: target.channels, depth: depth, into: weight)
    }
    withExtendedLifetime((x, y, total)) {}
  }

  /// The elements of all sums of the tasks of a gradient, 8 MiB of float32.
  static let summedElements = 1 << 21

  /// The number of channels in a panel.
  func width(ofPanel j: Int) -> Int { Swift.min(panel, target.channels - j * panel) }

  // MARK: Planes

  /// The memory of a task: planes, and what depends on a tile.
  struct Planes {
    let storage: Storage
    /// The first pixel of the first plane, if there is a copy.
    let pixels: UnsafeMutableRawPointer
    let rows: Storage
    let results: Storage

    init(_ correlation: Correlation) {
      let tiling = correlation.tiling
      let (lanes, size) = (correlation.lanes, correlation.size)
      storage = Storage(
        byteCount: tiling.isInPlace ? 1 : (tiling.images * tiling.imageSize + 2 * lanes) * size)
      // Lines start so that the first pixel of an image is aligned.
      let before = correlation.isThin ? Swift.max(-correlation.first.1, 0) % lanes : 0
      pixels = storage.pointer + (lanes - before) % lanes * size
      let windows =
        tiling.images * tiling.lines * tiling.columns + 2 * Int(correlation.kernels.rows)
      rows = Storage(byteCount: windows * MemoryLayout<Int>.stride)
      results = Storage(byteCount: windows * correlation.panel * size)
    }
  }

  /// Calls `body` for each tile, spread over threads, with memory for its planes.
  private func forEachTile(_ body: (Tile, Planes) -> Void) {
    // A part of a vector costs as much as a whole one.
    let width = isThin ? (tiling.columns + lanes - 1) / lanes * lanes : tiling.columns
    let work = tiling.images * tiling.lines * width * target.channels * depth
    forEachChunk(of: tiling.count, each: work, grain: Grain.multiplyAdds) { range in
      let planes = Planes(self)
      for index in range { body(tiling[index], planes) }
    }
  }

  /// Copies what a tile covers into planes, rounded if products round, unless it can be read in
  /// place.
  private func lay(_ images: UnsafeRawPointer, _ tile: Tile, _ planes: Planes) {
    if tiling.isInPlace { return }
    var layout = ck_planes(
      image: (source.height, source.width),
      first: (tile.line * step.0 + first.0, tile.column * step.1 + first.1),
      lines: tiling.planeLines, step: step.1, pitch: tiling.pitch)
    for image in 0..<tile.images {
      kernels.lay(
        images + offset(ofImage: tile.image + image, tile.group, source),
        planes.pixels + image * tiling.imageSize * size, &layout, source.channels)
    }
    packing.round?(planes.pixels, 1, planes.pixels, tile.images * tiling.imageSize)
  }

  /// The byte offset of a group of channels of an image.
  func offset(
    ofImage image: Int, _ group: Int, _ shape: (channels: Int, height: Int, width: Int)
  ) -> Int {
    (image * groups + group) * shape.channels * shape.height * shape.width * size
  }

  /// The windows of a part that belong to a tile.
  func windows(_ part: WindowPart, in tile: Tile) -> (Int, Int) {
    (
      Swift.max(0, Swift.min(tile.lines, part.count.0 - tile.line)),
      Swift.max(0, Swift.min(tile.columns, part.count.1 - tile.column))
    )
  }

  /// The offset of an element of a window in its plane.
  func pixel(_ part: WindowPart, _ ky: Int, _ kx: Int) -> Int {
    let line = part.rows.pixel + ky * part.rows.pixelStep - first.0
    let column = part.columns.pixel + kx * part.columns.pixelStep - first.1
    return line * tiling.linePitch + column % step.1 * tiling.pitch + column / step.1
  }

  /// The pixels of the tile's first window, and the distance between its images.
  func pixels(
    _ images: UnsafeRawPointer, _ tile: Tile, _ planes: Planes
  ) -> UnsafeRawPointer {
    guard tiling.isInPlace else { return UnsafeRawPointer(planes.pixels) }
    let start = (tile.line * step.0 + first.0) * source.width + tile.column + first.1
    return images + offset(ofImage: tile.image, tile.group, source) + start * size
  }
}
