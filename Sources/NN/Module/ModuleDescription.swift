import Autograd
import Tensor

extension Module {
  /// The tree of modules: their names, types and settings, and the shapes of their own parameters
  /// and buffers.
  ///
  /// ```
  /// Sequential
  ///   0: Linear  weight [16, 2], bias [16]
  ///   1: Tanh
  ///   2: Dropout(rate: 0.1)
  /// ```
  /// The names are those of ``parameters``. A level that they leave out is shown by its property,
  /// in parentheses. The settings are the properties with plain values. Dtypes other than float32
  /// are shown.
  public var description: String {
    var seen: [ObjectIdentifier: String] = [:]
    return ModuleTree(self).lines(&seen).joined(separator: "\n")
  }
}

extension ModuleTree {
  /// The line of the module and those of its parts.
  ///
  /// `seen` holds the names of the parameters above.
  fileprivate func lines(_ seen: inout [ObjectIdentifier: String]) -> [String] {
    var own = [String]()
    var lines = [String]()
    for item in items {
      switch item {
      case .parameter(let name, _, let parameter):
        var text = tensorText(relative(name), parameter.shape, parameter.dtype)
        if let first = seen[ObjectIdentifier(parameter)] {
          text += " (tied to \(first))"
        } else {
          seen[ObjectIdentifier(parameter)] = name
        }
        own.append(text)
      case .buffer(let name, let buffer):
        let value = buffer.value
        own.append(tensorText(relative(name), value.shape, value.dtype) + " (buffer)")
      case .module(let tree):
        let inner = tree.lines(&seen)
        lines.append("  \(label(of: tree)): \(inner[0])")
        lines += inner.dropFirst().map { "  " + $0 }
      case .setting: break
      }
    }
    return [kind + (own.isEmpty ? "" : "  " + own.joined(separator: ", "))] + lines
  }

  /// The type of the module, with its settings.
  var kind: String {
    let settings = items.flatMap { item -> [String] in
      guard case .setting(let name, let value) = item else { return [] }
      let parts =
        value is any InlineSettings
        ? Mirror(reflecting: value).children.map { ($0.label ?? "", $0.value) } : [(name, value)]
      return parts.compactMap { name, value in settingText(value).map { "\(name): \($0)" } }
    }
    return "\(type(of: module))"
      + (settings.isEmpty ? "" : "(" + settings.joined(separator: ", ") + ")")
  }

  /// The name of a part inside this module.
  func label(of part: ModuleTree) -> String {
    part.path == path ? "(\(part.property))" : relative(part.path)
  }

  private func relative(_ name: String) -> String {
    let rest = name.dropFirst(path.count)
    return String(rest.hasPrefix(".") ? rest.dropFirst() : rest)
  }

  private func tensorText(_ name: String, _ shape: Shape, _ dtype: DType) -> String {
    "\(name) \(shape)" + (dtype == .float32 ? "" : " \(dtype)")
  }
}

/// Settings that the description of a module lists as if they were its own properties.
protocol InlineSettings: Sendable {}

/// A plain value as text, or `nil` for a value that tells a reader nothing, such as a closure, a
/// tensor or `nil`.
private func settingText(_ value: Any) -> String? {
  if value is Tensor { return nil }
  let mirror = Mirror(reflecting: value)
  let parts = mirror.children.map { (label: $0.label, text: settingText($0.value)) }
  switch mirror.displayStyle {
  case .optional: return parts.first?.text
  case .enum:
    guard let payload = parts.first else { return "\(value)" }
    let text = payload.text ?? "…"
    return (payload.label ?? "") + (text.hasPrefix("(") ? text : "(\(text))")
  case .collection, .set:
    return parts.isEmpty ? nil : "[" + parts.compactMap(\.text).joined(separator: ", ") + "]"
  case .tuple, .struct:
    if let value = value as? any CustomStringConvertible { return value.description }
    let texts = parts.compactMap { label, text in
      // The elements of a tuple without labels are labeled .0, .1 and so on.
      text.map { label.map { $0.hasPrefix(".") } ?? true ? $0 : "\(label ?? ""): \($0)" }
    }
    return "(" + texts.joined(separator: ", ") + ")"
  case nil:
    // Numbers and strings describe themselves; closures do not.
    return (value as? any CustomStringConvertible)?.description
  default: return nil
  }
}
