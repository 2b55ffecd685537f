import CKernels

/// The convolution of images with kernels of 3 × 3 by Winograd's F(4 × 4, 3 × 3).
///
/// Windows are taken by tiles of 4 × 4, whose 36 pixels and the weights are transformed so that 36
/// products per pair of channels take the place of 144. The transformations are sums of few
/// multiples up to 8, which makes the result less exact: its error is within 10⁻⁵ of Σ |w| |x|,
/// some ten times that of the sum of products itself. It is used for float32 alone.
struct WinogradConvolution {
  private let loops: ck_winograd
  private let kernels: ck_convolution
  private let packing: ck_gemm
  private let images: Int
  private let groups: Int
  private let source: (channels: Int, height: Int, width: Int)
  private let target: (channels: Int, height: Int, width: Int)
  /// The first pixel of the first window.
  private let first: (Int, Int)
  /// Whether the elements of a window are those of the kernel in reverse.
  private let isReversed: Bool
  /// The cut into tiles, of which each has 4 × 4 windows.
  private let tiling: Tiling

  private static let components = 36
  private static let size = MemoryLayout<Float>.size
  private var panel: Int { Int(kernels.panel) }
  /// The panels of the channels of a group's result.
  private let panels: Int
  /// The channels of a pixel in memory.
  private var pitch: Int {
    let lanes = Int(kernels.lanes)
    return (source.channels + lanes - 1) / lanes * lanes
  }
  /// The distance of components of `count` elements.
  private func component(_ count: Int) -> Int { count + panel }

  /// Channels from which on the transformations cost less than they save.
  private static let fewestChannels = 16
  /// The tiles that make good use of weights once they are read.
  private static let fewestTiles = 16
  /// The transformed weights that a near cache holds, 1 MiB.
  private static let cachedWeights = 1 << 18
  /// The number of tiles below which transformed weights are read too often for what they save.
  private static let fewTiles = 128
  /// The tasks that share a tile at most, because each of them transforms the pixels.
  private static let mostParts = 8
  /// The transformed weights that a shared cache can hold, 16 MiB.
  private static let mostWeights = 1 << 22

  /// Returns `nil` unless the convolution is of this kind and large enough.
  init?(
    _ source: Shape, into target: Shape, groups: Int, _ windows: PlacedWindowParts,
    kernel: (Int, Int), dtype: DType
  ) {
    let (inner, outer) = (source[1] / groups, target[1] / groups)
    let rows = windows.parts[0].rows
    let columns = windows.parts[0].columns
    let tiles = ((target[2] + 3) / 4, (target[3] + 3) / 4)
    guard dtype == .float32, kernel == (3, 3), windows.step == (1, 1), windows.parts.count == 1,
      abs(rows.pixelStep) == 1, rows.pixelStep == columns.pixelStep,
      Swift.min(inner, outer) >= Self.fewestChannels,
      Self.components * inner * outer <= Self.mostWeights,
      // Tiles at the edges are not much larger than the windows there.
      8 * tiles.0 * tiles.1 <= target[2] * target[3],
      let loops = ck_winograd_for(Execution.current.kernels),
      let kernels = ck_convolution_for(Execution.current.kernels, dtype.code)
    else { return nil }
    self.loops = loops.pointee
    self.kernels = kernels.pointee
    packing = MatrixProduct.kernels(dtype).pointee
    self.groups = groups
    images = source[0]
    self.source = (inner, source[2], source[3])
    self.target = (outer, target[2], target[3])
    first = (rows.bounds.0, columns.bounds.0)
    isReversed = rows.pixelStep < 0
    panels = (outer + Int(kernels.pointee.panel) - 1) / Int(kernels.pointee.panel)
    let areFew = images * tiles.0 * tiles.1 < Self.fewTiles
    let parts =
      areFew && Self.components * inner * outer > Self.cachedWeights
      ? Swift.min(panels, Self.mostParts) : 1
    tiling = Tiling(
      count: tiles, step: (4, 4), first: first, reach: (6, 6), source: self.source,
      images: images, groups: groups, lanes: 1,
      // The components take some two and a half times the memory of the pixels, and products need
      // some rows.
      elementLimit: Swift.max(
        Tiling.cachedBytes / (3 * Self.size),
        (parts > 1 ? 4 : 1) * Self.fewestTiles * Self.components * inner),
      copies: true, work: Self.components * inner * outer, parts: parts)
  }

  /// Writes the convolution with a weight [groups · target, source, 3, 3], plus the bias.
  func apply(
    _ weight: Tensor, bias: UnsafeRawPointer?, to images: UnsafeRawPointer,
    into result: UnsafeMutableRawPointer
  ) {
    let weights = transformed(weight)
    let columns = Array(0..<source.channels)
    let windows = tiling.lines * tiling.columns * tiling.images
    let work = windows * Self.components * source.channels * target.channels
    let tasks = tiling.count * tiling.parts
    let grain = Grain.items(Grain.multiplyAdds, each: work / tiling.parts)
    forEachChunk(of: tasks, grain: grain) { range in
      let rest = Int(kernels.rows)
      let planes = Storage(byteCount: tiling.planeLines * line * Self.size)
      let pixels = Storage(byteCount: Self.components * component(windows * pitch) * Self.size)
      let products = Storage(
        byteCount: Self.components * component((windows + rest) * panel) * Self.size)
      let results = Storage(byteCount: 16 * tiling.lines * tiling.columns * panel * Self.size)
      for index in range {
        let (tile, part) = tiling.task(index)
        let count = tile.lines * tile.columns * tile.images
        let rows = (0..<count + rest).map { Swift.min($0, count - 1) * pitch }
        transform(images, tile, planes, into: pixels)
        for j in tiling.panels(ofPart: part, of: panels) {
          let width = Swift.min(panel, target.channels - j * panel)
          for k in 0..<Self.components {
            multiply(
              count, width, pixels.pointer + k * component(count * pitch) * Self.size, rows,
              columns,
              weights.pointer
                + ((tile.group * panels + j) * Self.components + k)
                  * component(source.channels * panel) * Self.size,
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
  private var line: Int { (4 * tiling.columns + 2) * pitch }

  /// The weights of each group and panel, [component, source, panel].
  private func transformed(_ weight: Tensor) -> Storage {
    let depth = 9 * source.channels
    let step = Self.components * component(source.channels * panel)
    let result = Storage(byteCount: groups * panels * step * Self.size)
    let (from, to) = (weight.pointer, result.pointer)
    forEachChunk(
      of: groups * panels, grain: Grain.items(Grain.elements, each: step)
    ) { range in
      let packed = Storage(byteCount: depth * panel * Self.size)
      for index in range {
        let channel = index / panels * target.channels + index % panels * panel
        let width = Swift.min(panel, target.channels - index % panels * panel)
        packing.pack_b(from + channel * depth * Self.size, 1, depth, depth, width, packed.pointer)
        loops.weights(
          packed.pointer, to + index * step * Self.size, source.channels,
          component(source.channels * panel), isReversed ? 1 : 0)
      }
    }
    return result
  }

  /// Writes the transformed pixels of a tile, [component, image, row, column, channel].
  private func transform(
    _ images: UnsafeRawPointer, _ tile: Tile, _ planes: Storage, into pixels: Storage
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
