import Synchronization
import Tensor

/// A tensor that a model learns: a reference, so that the model, its optimizer and its copies mean the
/// same numbers.
///
/// ``value`` carries a graph only inside a gradient scope that was opened for the parameter.  Many threads
/// may read a parameter at once.
public final class Parameter: Sendable {
  private let stored: Mutex<Tensor>

  /// The shape, which never changes.
  public let shape: Shape

  /// The dtype, which never changes.
  public let dtype: DType

  /// A parameter that starts as `value`, float32 or float64.
  public init(_ value: Tensor) {
    require(
      value.dtype.isFloatingPoint,
      "parameter: \(value.dtype) numbers have no gradient")
    shape = value.shape
    dtype = value.dtype
    // Contiguous from the start: a broadcast view would be copied at each use.
    stored = Mutex(value.contiguous)
  }

  /// The numbers.
  ///
  /// A new value must have the same shape and dtype; it is stored as a constant.
  public var value: Tensor {
    get {
      if let scope = GradientScope.current, let leaf = scope.value(of: self) { return leaf }
      return stored.withLock { $0 }
    }
    set {
      require(
        newValue.shape == shape && newValue.dtype == dtype,
        "parameter: a value of shape \(newValue.shape) and dtype \(newValue.dtype) for one of \(shape) and \(dtype)"
      )
      let plain = newValue.contiguous
      stored.withLock { $0 = plain }
    }
  }

  /// Calls `body` to change the numbers in place.
  ///
  /// They are contiguous, and copied first where another tensor shares them.  The parameter is locked
  /// meanwhile, so `body` must not read it.
  package func update(_ body: (inout Tensor) -> Void) {
    stored.withLock {
      $0.makeUnique()
      body(&$0)
    }
  }
}

/// The parameters of a model, ordered and named, each once.
///
/// A parameter that stands in several places (tied weights) is listed under its first name; the others are
/// its ``aliases``.
public struct Parameters: Sendable {
  /// A parameter and its dotted name.
  public struct Element: Sendable {
    /// The dotted path of properties that leads to the parameter, such as `layers.0.weight`.
    public let name: String
    /// The parameter.
    public let parameter: Parameter
  }

  private final class Contents: Sendable {
    let elements: [Element]
    let aliases: [(name: String, index: Int)]
    let indices: [ObjectIdentifier: Int]

    init(_ elements: [Element], _ aliases: [(name: String, index: Int)]) {
      self.elements = elements
      self.aliases = aliases
      var indices = [ObjectIdentifier: Int](minimumCapacity: elements.count)
      for (i, element) in elements.enumerated() {
        indices[ObjectIdentifier(element.parameter)] = i
      }
      self.indices = indices
    }
  }

  private let contents: Contents

  /// The parameters of a list.
  ///
  /// Repeated ones become aliases; equal names for different parameters stop the program.
  public init(_ named: [(name: String, parameter: Parameter)] = []) {
    var elements = [Element]()
    var aliases = [(name: String, index: Int)]()
    var indices = [ObjectIdentifier: Int]()
    var names = Set<String>()
    for (name, parameter) in named {
      require(names.insert(name).inserted, "parameters: two are named '\(name)'")
      if let index = indices[ObjectIdentifier(parameter)] {
        aliases.append((name, index))
      } else {
        indices[ObjectIdentifier(parameter)] = elements.count
        elements.append(Element(name: name, parameter: parameter))
      }
    }
    contents = Contents(elements, aliases)
  }

  /// The further names of parameters that stand in several places, and the position of each.
  public var aliases: [(name: String, index: Int)] { contents.aliases }

  /// Whether two collections are of the same parameters in the same order.
  public func isSame(as other: Parameters) -> Bool {
    contents === other.contents
      || count == other.count && zip(self, other).allSatisfy { $0.parameter === $1.parameter }
  }

  /// The position of a parameter, or nil.
  public func index(of parameter: Parameter) -> Int? {
    contents.indices[ObjectIdentifier(parameter)]
  }

  /// The parameter of a name, first or alias, or nil.
  public subscript(name: String) -> Parameter? {
    if let element = contents.elements.first(where: { $0.name == name }) {
      return element.parameter
    }
    return contents.aliases.first { $0.name == name }.map { contents.elements[$0.index].parameter }
  }

  /// The parameters whose name or value satisfies a condition, in order.
  public func filter(_ isIncluded: (Element) -> Bool) -> Parameters {
    Parameters(contents.elements.filter(isIncluded).map { ($0.name, $0.parameter) })
  }

  /// The number of numbers in all parameters.
  public var scalarCount: Int {
    contents.elements.reduce(0) { $0 + $1.parameter.shape.elementCount }
  }
}

extension Parameters: RandomAccessCollection {
  /// The first position, 0.
  public var startIndex: Int { 0 }
  /// One past the last position.
  public var endIndex: Int { contents.elements.count }
  /// The parameter at a position.
  public subscript(position: Int) -> Element { contents.elements[position] }
}
