import Autograd
import Tensor

/// A table of a model's modules with their parameters, buffers and bytes, the totals, and what training adds.
///
/// A row counts what the module itself holds, a tied parameter where it comes first; the last lines give the
/// totals, and what the gradients of a step and the state of an optimizer add: with the n bytes of the parameters
/// themselves SGD needs n, with momentum 2n, Adam 3n.  See ``summary(of:input:)`` for the shapes of outputs.
///
/// - Returns: Lines of text.
public func summary(of model: some Module) -> String { Summary(model, observer: nil).text }

/// As ``summary(of:)``, with the shape of the output of each module for an input, which the model is run with.
///
/// All modules of this library have their shapes shown, and all layers in a ``Sequential`` or a ``Residual``; a
/// layer of your own elsewhere where it hands its output through ``Module/observed(_:)``.  A module that ran
/// several times has all of its different shapes shown, one that did not run has none.  Layers without parameters
/// that are equal in kind and settings are told apart by their order.
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

/// As ``summary(of:input:)``, for a model that is called with more than one tensor:
/// `summary(of: lstm) { lstm(x, lengths: [3, 5]) }`.
///
/// - Parameters:
///   - model: The model.
///   - call: Runs the model.
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
  /// The first name of each parameter, under which it counts.
  private var names: [ObjectIdentifier: String] = [:]
  private let shapes: [OutputObserver.Identity: [Shape]]?

  init(_ model: some Module, observer: OutputObserver?) {
    shapes = observer?.shapes
    let tree = ModuleTree(model)
    for (name, parameter) in tree.parameters where names[ObjectIdentifier(parameter)] == nil {
      names[ObjectIdentifier(parameter)] = name
    }
    add(tree, label: "", depth: 0)
  }

  private mutating func add(_ tree: ModuleTree, label: String, depth: Int) {
    var (parameters, buffers, bytes) = (0, 0, 0)
    for item in tree.items {
      switch item {
      case .parameter(let name, let parameter):
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

  /// The output shapes of each row.
  private var outputs: [String] {
    let counts = Dictionary(grouping: rows, by: \.identity).mapValues(\.count)
    var next: [OutputObserver.Identity: Int] = [:]
    return rows.map { row in
      guard let all = shapes?[row.identity] else { return "" }
      let position = next[row.identity, default: 0]
      next[row.identity] = position + 1
      let count = counts[row.identity] ?? 1
      if all.count == count { return "\(all[position])" }
      var different = [Shape]()
      for shape in all where !different.contains(shape) { different.append(shape) }
      // Of several equal modules it is not known which of them ran when.
      return count == 1 || different.count == 1
        ? different.map { "\($0)" }.joined(separator: ", ") : ""
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
      "in all \(parameterCount) parameters of \(parameterBytes) bytes, \(bufferCount) numbers in buffers of \(bufferBytes) bytes"
    )
    lines.append(
      "training adds the gradients, \(parameterBytes) bytes, and an optimizer's state: SGD 0, with momentum \(parameterBytes), Adam and AdamW \(2 * parameterBytes) bytes"
    )
    return lines.joined(separator: "\n")
  }
}
