import CKernels

// Products whose vectors run along the channels of the result.

extension Correlation {
  /// The weights of a part, packed, and the offsets of their elements in the planes.
  struct Product {
    let part: WindowPart
    /// The number of elements of a window over all channels.
    let depth: Int
    let weights: Storage
    let offsets: [Int]

    init(_ part: WindowPart, weight: Tensor, _ correlation: Correlation) {
      self.part = part
      depth = correlation.source.channels * part.rows.count * part.columns.count
      offsets = correlation.columnOffsets(of: part, count: depth)
      weights = correlation.packed(weight, part, depth: depth)
    }
  }

  /// The offsets of the elements of windows over the channels of a group, the last one repeated up
  /// to `count`.
  func columnOffsets(of part: WindowPart, count: Int) -> [Int] {
    var offsets = [Int]()
    offsets.reserveCapacity(count)
    for channel in 0..<source.channels {
      for ky in 0..<part.rows.count {
        for kx in 0..<part.columns.count {
          offsets.append(channel * tiling.planeSize + pixel(part, ky, kx))
        }
      }
    }
    while offsets.count < count { offsets.append(offsets.last ?? 0) }
    return offsets
  }

  /// Packs the elements of a weight that belong to a part, by group and panel of channels.
  private func packed(_ weight: Tensor, _ part: WindowPart, depth: Int) -> Storage {
    let panels = self.panels
    let result = Storage(byteCount: groups * panels * depth * panel * size)
    let (from, to) = (weight.pointer, result.pointer)
    let whole = self.depth
    forEachChunk(of: groups * panels, each: depth * panel, grain: Grain.elements) { range in
      for index in range {
        let (group, j) = (index / panels, index % panels)
        let width = self.width(ofPanel: j)
        let start = from + (group * target.channels + j * panel) * whole * size
        let panelStart = to + index * depth * panel * size
        if depth == whole {
          packing.pack_b(start, 1, whole, depth, width, panelStart)
          continue
        }
        let count = part.columns.count
        for line in 0..<source.channels * part.rows.count {
          let (channel, ky) = (line / part.rows.count, line % part.rows.count)
          let row = channel * kernel.0 + part.rows.first + ky * part.rows.step
          packing.pack_b(
            start + (row * kernel.1 + part.columns.first) * size, part.columns.step, whole, count,
            width, panelStart + line * count * panel * size)
        }
      }
    }
    return result
  }

  /// Lays out a bias by group and panel of channels.
  func packed(bias: Tensor) -> Storage {
    let result = Storage(byteCount: groups * panels * panel * size)
    result.pointer.initializeMemory(
      as: UInt8.self, repeating: 0, count: groups * panels * panel * size)
    for index in 0..<groups * panels {
      let (group, j) = (index / panels, index % panels)
      (result.pointer + index * panel * size).copyMemory(
        from: bias.pointer + (group * target.channels + j * panel) * size,
        byteCount: width(ofPanel: j) * size)
    }
    return result
  }

  /// Writes the offsets of the windows of a tile in its planes, the last one repeated, and returns
  /// their number.
  private func writeOffsets(of windows: (Int, Int), _ tile: Tile, to rows: Storage) -> Int {
    let offsets = rows.pointer.assumingMemoryBound(to: Int.self)
    var count = 0
    for image in 0..<tile.images {
      for line in 0..<windows.0 {
        let start = image * tiling.imageSize + line * step.0 * tiling.linePitch
        for column in 0..<windows.1 {
          offsets[count] = start + column
          count += 1
        }
      }
    }
    if count > 0 {
      for i in 0..<Int(kernels.rows) { offsets[count + i] = offsets[count - 1] }
    }
    return count
  }

  /// Computes the results of a part for a tile.
  func multiply(
    _ product: Product, _ tile: Tile, _ planes: Planes, _ images: UnsafeRawPointer,
    starts: Storage?, into result: UnsafeMutableRawPointer
  ) {
    let part = product.part
    let windows = self.windows(part, in: tile)
    let count = writeOffsets(of: windows, tile, to: planes.rows)
    if count == 0 { return }
    let x = pixels(images, tile, planes)
    let rows = planes.rows.pointer.assumingMemoryBound(to: Int.self)
    let c = planes.results.pointer
    let (plane, depth) = (target.height * target.width, product.depth)
    let block = Swift.max(1, ck_gemm_block(depth, packing.kc))
    let first =
      (tile.line * part.targetStep.0 + part.target.0) * target.width
      + tile.column * part.targetStep.1 + part.target.1
    product.offsets.withUnsafeBufferPointer { offsets in
      for j in 0..<panels {
        let (index, width) = (tile.group * panels + j, self.width(ofPanel: j))
        let weights = product.weights.pointer + index * depth * panel * size
        let start = starts.map { UnsafeRawPointer($0.pointer + index * panel * size) }
        var p = 0
        repeat {
          kernels.multiply(
            count, width, Swift.min(block, depth - p), x, rows,
            offsets.baseAddress.map { $0 + p }, weights + p * panel * size, start, c,
            p > 0 ? 1 : 0)
          p += block
        } while p < depth
        for image in 0..<tile.images {
          let to =
            offset(ofImage: tile.image + image, tile.group, target)
            + (j * panel * plane + first) * size
          kernels.store(
            c + image * windows.0 * windows.1 * panel * size, width, windows.0, windows.1,
            result + to, plane, part.targetStep.0 * target.width, part.targetStep.1)
        }
      }
    }
  }

  /// Adds the products of the windows of a tile with `factors`, whose channels are those of the
  /// result, to the sums of a group, [panel, element, channel].
  func multiply(
    _ tile: Tile, _ planes: Planes, _ images: UnsafeRawPointer, _ factors: UnsafeRawPointer,
    _ elements: [Int], into sums: UnsafeMutableRawPointer
  ) {
    let windows = (tile.lines, tile.columns)
    let count = writeOffsets(of: windows, tile, to: planes.rows)
    let x = pixels(images, tile, planes)
    let offsets = planes.rows.pointer.assumingMemoryBound(to: Int.self)
    let packed = planes.results.pointer
    let plane = target.height * target.width
    let block = Swift.max(1, ck_gemm_block(count, packing.kc))
    // Lines of windows that follow one another are one.
    let (lines, length) =
      windows.1 == target.width ? (1, windows.0 * windows.1) : (windows.0, windows.1)
    elements.withUnsafeBufferPointer { rows in
      for j in 0..<panels {
        let width = self.width(ofPanel: j)
        for image in 0..<tile.images {
          let from =
            factors + offset(ofImage: tile.image + image, tile.group, target)
            + (j * panel * plane + tile.line * target.width + tile.column) * size
          for line in 0..<lines {
            packing.pack_b(
              from + line * target.width * size, 1, plane, length, width,
              packed + (image * lines + line) * length * panel * size)
          }
        }
        for p in stride(from: 0, to: count, by: block) {
          kernels.multiply(
            depth, width, Swift.min(block, count - p), x, rows.baseAddress, offsets + p,
            packed + p * panel * size, nil, sums + j * rows.count * panel * size, 1)
        }
      }
    }
  }
}

extension ck_convolution {
  /// Writes a weight [groups · channels, depth] that lies in panels of channels, [group, panel,
  /// row, channel], with `depth` rows that count.
  func storeWeight(
    _ panels: Tensor, rows: Int, groups: Int, channels: Int, depth: Int, into weight: Tensor
  ) {
    let (size, panel) = (weight.dtype.byteCount, Int(panel))
    let count = (channels + panel - 1) / panel
    let (from, to) = (panels.pointer, weight.pointer)
    forEachChunk(of: groups * count, each: depth * panel, grain: Grain.elements) { range in
      for index in range {
        let first = index % count * panel
        store(
          from + index * rows * panel * size, Swift.min(panel, channels - first), 1, depth,
          to + (index / count * channels + first) * depth * size, depth, depth, 1)
      }
    }
    withExtendedLifetime((panels, weight)) {}
  }
}
