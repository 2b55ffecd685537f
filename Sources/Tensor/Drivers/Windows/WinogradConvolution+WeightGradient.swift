import CKernels

// The gradient of the weights.

extension WinogradConvolution {
  /// Writes Σ y[target, window] · windows[source, element, window] for each pair of channels of a
  /// group and each element.
  ///
  /// A task has a range of the tiles of a group and a part of the panels of channels, and sums of
  /// its own, so ranges are few where tiles are.
  func correlate(_ x: Tensor, _ y: Tensor, into weight: Tensor) {
    let depth = 9 * source.channels
    let most = tiling.lines * tiling.columns * tiling.images
    let length = groups * panels * depth * panel
    let ranges = Swift.max(
      1,
      Swift.min(
        tiling.countOfGroup, tiling.countOfGroup * most / Self.summedTiles,
        Tiling.wantedTasks / groups, Correlation.summedElements / length))
    let parts = Swift.max(1, Swift.min(panels, Self.mostParts / (groups * ranges)))
    let sums = Tensor(uninitialized: [ranges, length], dtype: .float32)
    let (from, slopes, to) = (x.pointer, y.pointer, sums.pointer)
    let panelsOfTask = (panels + parts - 1) / parts
    let work = Self.components * source.channels * target.channels * most * tiling.countOfGroup
    forEachChunk(
      of: ranges * groups * parts, each: work / (ranges * parts), grain: Grain.multiplyAdds
    ) { tasks in
      let memory = GradientMemory(
        self, windows: most, panels: panelsOfTask, keepsSums: tiling.countOfGroup > ranges)
      for task in tasks {
        let (place, part) = (task / parts, task % parts)
        let (range, group) = (place / groups, place % groups)
        let panels = panels(ofPart: part, of: parts)
        let first = range * tiling.countOfGroup / ranges
        let end = (range + 1) * tiling.countOfGroup / ranges
        for index in first..<end {
          let tile = tiling[index, ofGroup: group]
          transform(images: from, tile, memory.planes, into: memory.pixels)
          transform(slopes: slopes, tile, panels, memory)
          for j in panels {
            let sums =
              memory.sums.pointer + (j - panels.lowerBound) * memory.panelOfSums * Self.size
            multiply(tile, panel: j, of: panels, memory, into: sums, adding: index > first)
            if index + 1 < end { continue }
            let row = (place * self.panels + j) * depth
            loops.gradient(
              sums, to + row * panel * Self.size, source.channels, memory.componentOfSums)
          }
        }
      }
    }
    kernels.storeWeight(
      Reduction.reduce(
        CK_REDUCE_SUM, sums, along: AxisMask(axis: 0), keepingAxes: false, name: "sum"),
      rows: depth, groups: groups, channels: target.channels, depth: depth, into: weight)
    withExtendedLifetime((x, y)) {}
  }

  /// The memory of a task, for tiles of at most `windows` tiles of 4 × 4 and a number of panels.
  private struct GradientMemory {
    let planes: Storage
    let pixels: Storage
    /// Transformed slopes, [panel, component, tile, channel].
    let slopes: Storage
    /// The sums of products, [panel, component, source, channel]; panels are at one place if their
    /// sums are not kept for another tile.
    let sums: Storage
    /// The offsets of the channels of the source.
    let rows: [Int]
    let panelOfSlopes: Int
    let componentOfSums: Int
    let panelOfSums: Int

    init(_ winograd: WinogradConvolution, windows: Int, panels: Int, keepsSums: Bool) {
      let (components, size) = (WinogradConvolution.components, WinogradConvolution.size)
      let (tiling, channels) = (winograd.tiling, winograd.source.channels)
      let ofSlopes = 16 * tiling.lines * tiling.columns * winograd.pitch(winograd.target.channels)
      planes = Storage(byteCount: Swift.max(tiling.planeLines * winograd.line, ofSlopes) * size)
      pixels = Storage(
        byteCount: components * winograd.component(windows * winograd.pitch) * size)
      rows = (0..<channels + Int(winograd.kernels.rows)).map { Swift.min($0, channels - 1) }
      panelOfSlopes = components * winograd.component(windows * winograd.panel)
      slopes = Storage(byteCount: panels * panelOfSlopes * size)
      componentOfSums = winograd.component(rows.count * winograd.panel)
      panelOfSums = keepsSums ? components * componentOfSums : 0
      sums = Storage(
        byteCount: (keepsSums ? panels : 1) * components * componentOfSums * size)
    }
  }

  /// Transforms the slopes of the results of a tile, with zeros for those that there are not.
  private func transform(
    slopes: UnsafeRawPointer, _ tile: Tile, _ panels: Range<Int>, _ memory: GradientMemory
  ) {
    let (channels, pixels) = (target.channels, target.height * target.width)
    let (count, pitch) = (tile.lines * tile.columns, pitch(target.channels))
    var layout = ck_planes(
      image: (target.height, target.width), first: (4 * tile.line, 4 * tile.column),
      lines: 4 * tile.lines, step: 1, pitch: 4 * tile.columns)
    for image in 0..<tile.images {
      let channel = ((tile.image + image) * groups + tile.group) * channels
      let planes = memory.planes.pointer
      loops.lay(slopes + channel * pixels * Self.size, planes, &layout, channels, pitch)
      packing.round?(planes, 1, planes, 16 * count * pitch)
      for j in panels {
        let start = (j - panels.lowerBound) * memory.panelOfSlopes + image * count * panel
        loops.slopes(
          planes + j * panel * Self.size, memory.slopes.pointer + start * Self.size, tile.lines,
          tile.columns, 4 * tile.columns * pitch, pitch, width(ofPanel: j),
          component(count * tile.images * panel))
      }
    }
  }

  /// Computes the products of the transformed pixels and slopes of a panel over a tile, or adds
  /// them to the sums.
  private func multiply(
    _ tile: Tile, panel j: Int, of panels: Range<Int>, _ memory: GradientMemory,
    into sums: UnsafeMutableRawPointer, adding: Bool
  ) {
    let count = tile.lines * tile.columns * tile.images
    let tiles = (0..<count).map { $0 * pitch }
    let block = Swift.max(1, ck_gemm_block(count, packing.kc))
    let slopes = memory.slopes.pointer + (j - panels.lowerBound) * memory.panelOfSlopes * Self.size
    tiles.withUnsafeBufferPointer { tiles in
      for k in 0..<Self.components {
        for p in stride(from: 0, to: count, by: block) {
          kernels.multiply(
            source.channels, width(ofPanel: j), Swift.min(block, count - p),
            memory.pixels.pointer + k * component(count * pitch) * Self.size, memory.rows,
            tiles.baseAddress.map { $0 + p },
            slopes + (k * component(count * panel) + p * panel) * Self.size, nil,
            sums + k * memory.componentOfSums * Self.size, adding || p > 0 ? 1 : 0)
        }
      }
    }
  }
}
