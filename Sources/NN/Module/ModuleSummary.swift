import Autograd
import Tensor

/// A table of the modules of a model with their parameters, buffers and bytes, followed by the
/// totals and the memory that training adds.
///
/// A row counts only what the module itself holds. A tied parameter is counted where it first
/// appears. The last lines give the totals, and the memory of the gradients and of the state of an
/// optimizer: for n bytes of parameters, training adds n bytes with SGD, 2n with momentum and 3n
/// with Adam. ``summary(of:input:)`` also shows the shapes of outputs.
///
/// - Returns: Lines of text.
public func summary(of model: some Module) -> String { Summary(model, observer: nil).text }

/// A table of the modules of a model, like ``summary(of:)``, with the shape of the output of each
/// module for an input.
///
/// Shapes are shown for all modules of this library, for all layers in a ``Sequential`` or a
/// ``Residual``, and for other layers that return their output through ``Module/observed(_:)``. For
/// a module that runs several times all distinct shapes are shown, for one that does not run none.
/// Equal layers without parameters are told apart by their order.
///
/// The model runs once, in inference mode.
///
/// - Parameters:
///   - model: The model.
///   - input: An input.
/// - Returns: Lines of text.
public func summary(of model: some Layer, input: Tensor) -> String {
  summary(of: model) { model.observed(model(input)) }
}

/// A table of the modules of a model, like ``summary(of:input:)``, for a model that takes more than
/// one tensor: `summary(of: lstm) { lstm(x, lengths: [3, 5]) }`.
///
/// - Parameters:
///   - model: The model.
///   - call: A function that runs the model.
/// - Returns: Lines of text.
public func summary<Output>(of model: some Module, _ call: () -> Output) -> String {
  let observer = OutputObserver()
  _ = observer.watching { withMode(.inference, call) }
  return Summary(model, observer: observer).text
}

/// The rows of a summary and their totals.
private struct Summary {
  private struct Row {
    let identity: OutputObserver.Identity
    let cells: [String]
  }

  private var rows: [Row] = []
  private var parameterCount = 0
  private var parameterBytes = 0
  private var bufferCount = 0
  private var bufferBytes = 0
  /// The first name of each parameter, under which it is counted.
  private var names: [ObjectIdentifier: String] = [:]
  private let shapes: [OutputObserver.Identity: [Shape]]?

  init(_ model: some Module, observer: OutputObserver?) {
    shapes = observer?.shapes
    let tree = ModuleTree(model)
    for (name, _, parameter) in tree.parameters where names[ObjectIdentifier(parameter)] == nil {
      names[ObjectIdentifier(parameter)] = name
    }
    add(tree, label: "", depth: 0)
  }

  private mutating func add(_ tree: ModuleTree, label: String, depth: Int) {
    var (parameters, buffers, bytes) = (0, 0, 0)
    for item in tree.items {
      switch item {
      case .parameter(let name, _, let parameter):
        guard names[ObjectIdentifier(parameter)] == name else { continue }
        let count = parameter.shape.elementCount
        parameters += count
        parameterBytes += count * parameter.dtype.byteCount
        bytes += count * parameter.dtype.byteCount
      case .buffer(_, let buffer):
        let value = buffer.value
        buffers += value.elementCount
        bufferBytes += value.elementCount * value.dtype.byteCount
        bytes += value.elementCount * value.dtype.byteCount
      default: continue
      }
    }
    parameterCount += parameters
    bufferCount += buffers
    let name = String(repeating: "  ", count: depth) + (label.isEmpty ? "" : label + ": ")
    rows.append(
      Row(
        identity: OutputObserver.Identity(tree),
        cells: [
          name + "\(type(of: tree.module))", "\(parameters)", "\(buffers)", "\(bytes)",
        ]))
    for case .module(let part) in tree.items {
      add(part, label: tree.label(of: part), depth: depth + 1)
    }
  }

  /// The text of the output shapes of each row.
  private var outputs: [String] {
    let counts = Dictionary(grouping: rows, by: \.identity).mapValues(\.count)
    var next: [OutputObserver.Identity: Int] = [:]
    return rows.map { row in
      guard let all = shapes?[row.identity] else { return "" }
      let position = next[row.identity, default: 0]
      next[row.identity] = position + 1
      let count = counts[row.identity] ?? 1
      if all.count == count { return "\(all[position])" }
      var distinct = [Shape]()
      for shape in all where !distinct.contains(shape) { distinct.append(shape) }
      // Which of several equal modules ran when is not known.
      return count == 1 || distinct.count == 1
        ? distinct.map { "\($0)" }.joined(separator: ", ") : ""
    }
  }

  var text: String {
    var table = [["module", "parameters", "buffers", "bytes"]] + rows.map(\.cells)
    if shapes != nil {
      for (i, output) in (["output"] + outputs).enumerated() { table[i].insert(output, at: 1) }
    }
    let numbers = table[0].count - 3
    let widths = table[0].indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    var lines = table.map { cells in
      let padded = cells.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column < numbers ? cell + space : space + cell
      }
      return padded.joined(separator: "  ")
    }
    lines.append(
      """
      total: \(parameterCount) parameters of \(parameterBytes) bytes, \(bufferCount) buffer \
      elements of \(bufferBytes) bytes
      """
    )
    lines.append(
      """
      training adds \(parameterBytes) bytes of gradients and the state of the optimizer: 0 bytes \
      for SGD, \(parameterBytes) with momentum, \(2 * parameterBytes) for Adam and AdamW
      """
    )
    return lines.joined(separator: "\n")
  }
}
