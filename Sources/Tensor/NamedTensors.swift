/// Tensors under names, in the order in which they were added.
struct NamedTensors: Sendable {
  private(set) var names: [String] = []
  private var values: [String: Tensor] = [:]

  subscript(name: String) -> Tensor? {
    get { values[name] }
    set {
      if let newValue {
        if values.updateValue(newValue.detached, forKey: name) == nil { names.append(name) }
      } else if values.removeValue(forKey: name) != nil {
        names.removeAll { $0 == name }
      }
    }
  }

  /// The names with their tensors, in order.
  var all: [(name: String, tensor: Tensor)] {
    names.compactMap { name in values[name].map { (name, $0) } }
  }

  /// Adds a tensor that a file holds.
  ///
  /// - Throws: `TensorFileError` where it holds another of that name.
  mutating func add(_ tensor: Tensor, named name: String) throws(TensorFileError) {
    // Swift compares text by its characters, so two spellings of the same accented letter are one name.
    if values[name] != nil { throw TensorFileError("two tensors have the name '\(name)'") }
    self[name] = tensor
  }
}
