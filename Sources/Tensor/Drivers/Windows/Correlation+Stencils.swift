import CKernels

// Products whose vectors run along lines of windows, for few channels.

/// Elements of the windows of a part at constant distances: those whose columns have the same
/// residue modulo the step.
struct StencilGrid {
  let part: WindowPart
  /// Whether it is the first one of its part, whose results nothing has written yet.
  let isFirst: Bool
  /// The stencil, but for the windows of a tile and what of it lies inside.
  let stencil: ck_stencil
  /// The line and the column of the first pixel, relative to those of the first window.
  let line: Int
  let column: Int
  /// Its offset in a plane, and that of its element in a kernel.
  let pixel: Int
  let weight: Int
}

extension Correlation {
  /// The grids of the elements of all parts, one part after the other.
  func stencilGrids() -> [StencilGrid] {
    parts.filter { !$0.isEmpty }.flatMap { part -> [StencilGrid] in
      let (rows, columns) = (part.rows, part.columns)
      let residues = (1...step.1).first { $0 * columns.pixelStep % step.1 == 0 } ?? 1
      return (0..<Swift.min(residues, columns.count)).map { residue in
        let count = (columns.count - residue + residues - 1) / residues
        // From the first pixel on, which may be that of the last element.
        let down = rows.pixelStep < 0 ? -1 : 1
        let across = columns.pixelStep < 0 ? -1 : 1
        let ky = down < 0 ? rows.count - 1 : 0
        let kx = residue + (across < 0 ? (count - 1) * residues : 0)
        var stencil = ck_stencil()
        stencil.lines = rows.count
        stencil.columns = count
        stencil.line = down * rows.pixelStep * tiling.linePitch
        stencil.column = across * residues * columns.pixelStep / step.1
        stencil.weight_line = down * rows.step * kernel.1
        stencil.weight_column = across * residues * columns.step
        stencil.x_line = step.0 * tiling.linePitch
        stencil.y_line = part.targetStep.0 * target.width
        stencil.step = part.targetStep.1
        return StencilGrid(
          part: part, isFirst: residue == 0, stencil: stencil,
          line: rows.pixel + ky * rows.pixelStep, column: columns.pixel + kx * columns.pixelStep,
          pixel: pixel(part, ky, kx),
          weight: (rows.first + ky * rows.step) * kernel.1 + columns.first + kx * columns.step)
      }
    }
  }

  /// The stencil of a grid over the windows of a tile, or `nil` if there are none.
  private func stencil(_ grid: StencilGrid, _ tile: Tile) -> ck_stencil? {
    let windows = self.windows(grid.part, in: tile)
    if windows.0 == 0 || windows.1 == 0 { return nil }
    var stencil = grid.stencil
    (stencil.height, stencil.width) = windows
    // A copy has all pixels of its windows; an image may end before.
    (stencil.first_line, stencil.end_line) = (0, tiling.planeLines * tiling.linePitch)
    (stencil.first_column, stencil.end_column) = (0, .max)
    if tiling.isInPlace {
      let line = (tile.line * step.0 + grid.line) * tiling.linePitch
      let column = tile.column + grid.column
      (stencil.first_line, stencil.end_line) = (-line, stencil.end_line - line)
      (stencil.first_column, stencil.end_column) = (-column, source.width - column)
    }
    return stencil
  }

  /// The offset of a tile's first window of a part in a plane of the result.
  private func first(of part: WindowPart, _ tile: Tile) -> Int {
    (tile.line * part.targetStep.0 + part.target.0) * target.width
      + tile.column * part.targetStep.1 + part.target.1
  }

  /// Computes the results of a tile; those of windows without elements are not written.
  func applyStencils(
    _ grids: UnsafeBufferPointer<StencilGrid>, _ tile: Tile, _ planes: Planes,
    _ images: UnsafeRawPointer, _ weights: UnsafeRawPointer, bias: UnsafeRawPointer?,
    zero: UnsafeRawPointer, into result: UnsafeMutableRawPointer
  ) {
    let x = pixels(images, tile, planes)
    let (plane, area) = (target.height * target.width, kernel.0 * kernel.1)
    for grid in grids {
      guard var stencil = stencil(grid, tile) else { continue }
      let start = first(of: grid.part, tile)
      for image in 0..<tile.images {
        let y =
          result + offset(ofImage: tile.image + image, tile.group, target) + start * size
        for t in 0..<target.channels {
          let output = tile.group * target.channels + t
          for s in 0..<source.channels {
            let isFirst = grid.isFirst && s == 0
            kernels.apply_stencil(
              &stencil,
              x + (image * tiling.imageSize + s * tiling.planeSize + grid.pixel) * size,
              weights + ((output * source.channels + s) * area + grid.weight) * size,
              y + t * plane * size, isFirst ? bias.map { $0 + output * size } ?? zero : nil)
          }
        }
      }
    }
  }

  /// Adds the products of the windows of a tile with `factors` to the sums of a group, [target,
  /// source, element].
  func correlateStencils(
    _ grids: UnsafeBufferPointer<StencilGrid>, _ tile: Tile, _ planes: Planes,
    _ images: UnsafeRawPointer, _ factors: UnsafeRawPointer, into sums: UnsafeMutableRawPointer
  ) {
    let x = pixels(images, tile, planes)
    let (plane, area) = (target.height * target.width, kernel.0 * kernel.1)
    for grid in grids {
      guard var stencil = stencil(grid, tile) else { continue }
      let start =
        factors + offset(ofImage: tile.image, tile.group, target)
        + first(of: grid.part, tile) * size
      for t in 0..<target.channels {
        for s in 0..<source.channels {
          kernels.correlate(
            &stencil, x + (s * tiling.planeSize + grid.pixel) * size, start + t * plane * size,
            sums + ((t * source.channels + s) * area + grid.weight) * size)
        }
      }
    }
  }
}
