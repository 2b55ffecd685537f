import CKernels

// Products whose vectors run along lines of windows, for few channels.

extension Correlation {
  /// Calls `body` for each grid of elements whose distances are constant, with its offset in a
  /// plane and in a kernel.
  ///
  /// Elements of a window whose columns have the same residue modulo the step are such a grid.
  private func forEachGrid(
    of part: WindowPart, _ tile: Tile,
    _ body: (inout ck_stencil, _ pixel: Int, _ weight: Int) -> Void
  ) {
    let (rows, columns) = (part.rows, part.columns)
    if part.isEmpty { return }
    let windows = self.windows(part, in: tile)
    if windows.0 == 0 || windows.1 == 0 { return }
    let residues = (1...step.1).first { $0 * columns.pixelStep % step.1 == 0 } ?? 1
    for residue in 0..<Swift.min(residues, columns.count) {
      let count = (columns.count - residue + residues - 1) / residues
      // From the first pixel on, which may be that of the last element.
      let down = rows.pixelStep < 0 ? -1 : 1
      let across = columns.pixelStep < 0 ? -1 : 1
      let ky = down < 0 ? rows.count - 1 : 0
      let kx = residue + (across < 0 ? (count - 1) * residues : 0)
      var stencil = ck_stencil(
        lines: rows.count, columns: count,
        line: down * rows.pixelStep * tiling.linePitch,
        column: across * residues * columns.pixelStep / step.1,
        weight_line: down * rows.step * kernel.1,
        weight_column: across * residues * columns.step, height: windows.0, width: windows.1,
        x_line: step.0 * tiling.linePitch, y_line: part.targetStep.0 * target.width,
        step: part.targetStep.1)
      body(
        &stencil, pixel(part, ky, kx),
        (rows.first + ky * rows.step) * kernel.1 + columns.first + kx * columns.step)
    }
  }

  /// The offset of a tile's first window of a part in a plane of the result.
  private func first(of part: WindowPart, _ tile: Tile) -> Int {
    (tile.line * part.targetStep.0 + part.target.0) * target.width
      + tile.column * part.targetStep.1 + part.target.1
  }

  /// Computes the results of a part for a tile; those of windows without elements are not written.
  func applyStencils(
    _ part: WindowPart, _ tile: Tile, _ planes: Planes, _ images: UnsafeRawPointer,
    _ weights: UnsafeRawPointer, bias: UnsafeRawPointer?, zero: UnsafeRawPointer,
    into result: UnsafeMutableRawPointer
  ) {
    let x = pixels(images, tile, planes)
    let (plane, area) = (target.height * target.width, kernel.0 * kernel.1)
    let start = first(of: part, tile)
    for image in 0..<tile.images {
      let y =
        result + offset(ofImage: tile.image + image, tile.group, target) + start * size
      for t in 0..<target.channels {
        let output = tile.group * target.channels + t
        var initial: UnsafeRawPointer? = bias.map { $0 + output * size } ?? zero
        for s in 0..<source.channels {
          let from = x + (image * tiling.imageSize + s * tiling.planeSize) * size
          let kernel = weights + (output * source.channels + s) * area * size
          forEachGrid(of: part, tile) { stencil, pixel, weight in
            kernels.apply_stencil(
              &stencil, from + pixel * size, kernel + weight * size, y + t * plane * size, initial)
            initial = nil
          }
        }
      }
    }
  }

  /// Adds the products of the windows of a tile with `factors` to the sums of a group, [target,
  /// source, element].
  func correlateStencils(
    _ tile: Tile, _ planes: Planes, _ images: UnsafeRawPointer, _ factors: UnsafeRawPointer,
    into sums: UnsafeMutableRawPointer
  ) {
    let x = pixels(images, tile, planes)
    let (plane, area) = (target.height * target.width, kernel.0 * kernel.1)
    let start =
      factors + offset(ofImage: tile.image, tile.group, target)
      + first(of: parts[0], tile) * size
    for t in 0..<target.channels {
      for s in 0..<source.channels {
        let sum = sums + (t * source.channels + s) * area * size
        forEachGrid(of: parts[0], tile) { stencil, pixel, weight in
          kernels.correlate(
            &stencil, x + (s * tiling.planeSize + pixel) * size, start + t * plane * size,
            sum + weight * size)
        }
      }
    }
  }
}
