import Autograd
import Tensor

/// A table of a model's parameters and buffers: names, shapes, numbers and bytes, and what optimizers add.
///
/// - Parameters:
///   - model: The model.
///   - input: An input whose output shape is to be shown, for a ``Layer``; nil for none.
/// - Returns: Lines of text.
public func summary(of model: some Module, input: Tensor? = nil) -> String {
  let parameters = model.parameters
  let buffers = model.buffers
  var rows = parameters.map {
    ($0.name, "\($0.parameter.shape)", $0.parameter.shape.elementCount, $0.parameter.dtype)
  }
  rows += buffers.map {
    (
      "\($0.name) (buffer)", "\($0.buffer.value.shape)", $0.buffer.value.elementCount,
      $0.buffer.value.dtype
    )
  }
  let nameWidth = rows.map(\.0.count).max() ?? 0
  let shapeWidth = rows.map(\.1.count).max() ?? 0
  func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: Swift.max(0, width - text.count))
  }
  var lines = rows.map { "\(padded($0.0, nameWidth))  \(padded($0.1, shapeWidth))  \($0.2)" }
  let bytes = parameters.reduce(0) {
    $0 + $1.parameter.shape.elementCount * $1.parameter.dtype.byteCount
  }
  let bufferBytes = buffers.reduce(0) {
    $0 + $1.buffer.value.elementCount * $1.buffer.value.dtype.byteCount
  }
  lines.append(
    "\(parameters.scalarCount) parameters in \(bytes) bytes, buffers in \(bufferBytes) bytes")
  lines.append(
    "an optimizer adds: SGD 0 bytes, SGD with momentum \(bytes), Adam and AdamW \(2 * bytes), Lookahead \(bytes) more"
  )
  if let input, let layer = model as? any Layer {
    let output = withMode(.inference) { layer(input) }
    lines.append("input \(input.shape), output \(output.shape)")
  }
  return lines.joined(separator: "\n")
}
