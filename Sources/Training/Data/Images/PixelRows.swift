import Tensor

/// The images of a file, or some of them, as inputs of a model.
///
/// Pixels stay in the file, a byte each, and become numbers where they are used. A process then has
/// its batches in memory, and the system as much of the file as there is room for, once for all
/// processes that train on it.
package struct PixelRows: Sendable {
  private let file: IDXFile
  /// The images in the file that these are, or `nil` for all.
  private let selection: [Int]?
  /// The inputs of the 256 pixels of a byte.
  private let values: [Float]

  /// Creates the inputs that a scale makes of some images, or all.
  init(_ file: IDXFile, _ selection: [Int]?, scale: PixelScale) {
    (self.file, self.selection, values) = (file, selection, scale.table)
  }

  /// The shape `[n, 1, height, width]` of all inputs.
  package var shape: Shape {
    [selection?.count ?? file.sizes[0], 1, file.sizes[1], file.sizes[2]]
  }

  /// Returns the inputs of some of the images.
  package func rows(at indices: some Collection<Int>) -> Tensor {
    var shape = shape
    let count = shape[0]
    let positions = indices.map { index in
      Gathering.requireRow(index, of: count)
      return selection?[index] ?? index
    }
    shape[0] = positions.count
    let size = shape.dropFirst().reduce(1, *)
    var result = Tensor(uninitialized: shape, dtype: .float32)
    result.withUnsafeMutableScalars(as: Float.self) { result in
      file.withElements { pixels in
        values.withUnsafeBufferPointer { values in
          forEachChunk(of: positions.count, grain: max(Self.pixelsOfTask / size, 1)) { rows in
            for row in rows {
              let (from, to) = (positions[row] * size, row * size)
              for pixel in 0..<size { result[to + pixel] = values[Int(pixels[from + pixel])] }
            }
          }
        }
      }
    }
    return result
  }

  /// The pixels that are worth another thread: some microseconds.
  private static let pixelsOfTask = 1 << 14

  /// Calls `body` with the input of each pixel, image after image.
  func forEachInput(_ body: (Float) -> Void) {
    file.forEachElement(of: selection) { body(values[Int($0)]) }
  }
}
