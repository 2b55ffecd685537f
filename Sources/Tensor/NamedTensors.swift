/// Tensors by name, in the order in which they were added.
///
/// The weights of a module, the state of an optimizer and the content of a file are all of this
/// type; ``Safetensors`` and ``NumPyArchive`` encode and decode it.
///
/// ```swift
/// var tensors: NamedTensors = ["weight": Tensor([[1, 2], [3, 4]])]
/// tensors["bias"] = Tensor([0, 1])
/// for (name, tensor) in tensors { print(name, tensor.shape) }
/// ```
///
/// The tensors are constants: one that carries a gradient is detached when it is added.
public struct NamedTensors: Sendable {
  /// The names in the order in which their tensors were added.
  public private(set) var names: [String] = []

  private var tensors: [String: Tensor] = [:]

  /// Creates an empty collection.
  public init() {}

  /// The tensor of a name, or `nil` if there is none.
  ///
  /// Setting the tensor of a new name appends it, that of a known name replaces it in its place,
  /// and setting `nil` removes it.
  public subscript(name: String) -> Tensor? {
    get { tensors[name] }
    set {
      if let newValue {
        if tensors.updateValue(newValue.detached, forKey: name) == nil { names.append(name) }
      } else if tensors.removeValue(forKey: name) != nil {
        names.removeAll { $0 == name }
      }
    }
  }

  /// The number of tensors.
  public var count: Int { names.count }

  /// Whether there are no tensors.
  public var isEmpty: Bool { names.isEmpty }

  /// The number of bytes of all elements.
  public var byteCount: Int {
    tensors.values.reduce(0) { $0 + $1.elementCount * $1.dtype.byteCount }
  }

  /// Adds the tensors of another collection, in order, each under `prefix` followed by its name.
  ///
  /// A tensor whose name is already present is replaced.
  public mutating func merge(_ other: NamedTensors, prefix: String = "") {
    for (name, tensor) in other { self[prefix + name] = tensor }
  }

  /// Returns the tensors whose names begin with `prefix`, in order, under the rest of their names.
  public func removingPrefix(_ prefix: String) -> NamedTensors {
    var result = NamedTensors()
    for (name, tensor) in self where name.hasPrefix(prefix) {
      result[String(name.dropFirst(prefix.count))] = tensor
    }
    return result
  }

  /// Returns the tensors that satisfy a condition, in order.
  ///
  /// ```swift
  /// let encoder = old.weights.filter { $0.name.hasPrefix("encoder.") }
  /// try model.load(encoder, strict: false)    // leaves the rest of the model as it is
  /// ```
  public func filter(_ isIncluded: (Element) -> Bool) -> NamedTensors {
    var result = NamedTensors()
    for (name, tensor) in self where isIncluded((name, tensor)) { result[name] = tensor }
    return result
  }

  /// Adds a tensor read from a file.
  ///
  /// - Throws: `TensorFileError` if the name is already present.
  mutating func add(_ tensor: Tensor, named name: String) throws(TensorFileError) {
    // Strings are equal when they are canonically equivalent, so two encodings of one accented
    // letter are one name.
    if tensors[name] != nil { throw TensorFileError("two tensors have the name '\(name)'") }
    self[name] = tensor
  }
}

extension NamedTensors: Sequence {
  /// An iterator over the names and their tensors.
  public struct Iterator: IteratorProtocol {
    private var names: IndexingIterator<[String]>
    private let tensors: [String: Tensor]

    fileprivate init(_ collection: NamedTensors) {
      names = collection.names.makeIterator()
      tensors = collection.tensors
    }

    /// Returns the next name and its tensor, or `nil` at the end.
    public mutating func next() -> (name: String, tensor: Tensor)? {
      guard let name = names.next(), let tensor = tensors[name] else { return nil }
      return (name, tensor)
    }
  }

  /// Returns an iterator over the names and their tensors, in order.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// The number of tensors.
  public var underestimatedCount: Int { count }
}

extension NamedTensors: ExpressibleByDictionaryLiteral {
  /// Creates a collection of the given tensors, in order.
  ///
  /// A name that is given twice stops the program.
  public init(dictionaryLiteral elements: (String, Tensor)...) {
    self.init()
    for (name, tensor) in elements {
      require(self[name] == nil, "NamedTensors: two tensors have the name '\(name)'")
      self[name] = tensor
    }
  }
}
