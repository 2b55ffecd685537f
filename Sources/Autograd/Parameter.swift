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

    /// Whether the name matches a pattern in which `*` stands for any characters; see
    /// ``Parameters/matching(_:)``.
    public func matches(_ pattern: String) -> Bool { matchesPattern(name.utf8, pattern.utf8) }
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
  ///
  /// They keep their further names.
  public func filter(_ isIncluded: (Element) -> Bool) -> Parameters {
    keeping(contents.elements.map(isIncluded))
  }

  private func keeping(_ isKept: [Bool]) -> Parameters {
    let kept = zip(contents.elements, isKept).filter(\.1).map { ($0.0.name, $0.0.parameter) }
    let further = contents.aliases.filter { isKept[$0.index] }
    return Parameters(
      kept + further.map { ($0.name, contents.elements[$0.index].parameter) })
  }

  /// The parameters with a name, first or alias, that matches one of some patterns, in order.
  ///
  /// In a pattern `*` stands for any run of characters, dots included: `transformer.h.*.weight` matches
  /// `transformer.h.0.attn.c_attn.weight`.  A pattern that matches nothing stops the program, because most often
  /// it is misspelt.
  public func matching(_ patterns: String...) -> Parameters {
    keeping(matches(patterns, in: "matching"))
  }

  /// The parameters none of whose names matches one of some patterns, in order; see ``matching(_:)``.
  ///
  /// This freezes what matches: gradients are computed for the rest alone, and the frozen parameters are
  /// constants to the graph.
  /// ```swift
  /// let trained = model.parameters.excluding("embedding.*")
  /// let optimizer = AdamW(trained)
  /// let (loss, gradients) = valueWithGradients(for: trained) { crossEntropy(model(x), labels: y) }
  /// ```
  public func excluding(_ patterns: String...) -> Parameters {
    keeping(matches(patterns, in: "excluding").map { !$0 })
  }

  /// Whether each parameter has a name that matches a pattern.
  private func matches(_ patterns: [String], in function: StaticString) -> [Bool] {
    var result = [Bool](repeating: false, count: count)
    let names = contents.elements.enumerated().map { ($1.name, $0) } + contents.aliases
    for pattern in patterns {
      let found = names.filter { matchesPattern($0.0.utf8, pattern.utf8) }
      if found.isEmpty {
        // The names that begin most like the pattern.
        let near = names.map { (name: $0.0, common: zip($0.0, pattern).prefix { $0 == $1 }.count) }
          .sorted { $0.common > $1.common }.prefix(3).map { "'\($0.name)'" }
        fail(
          "\(function): no parameter is called '\(pattern)'; the nearest names are \(near.joined(separator: ", "))"
        )
      }
      for (_, index) in found { result[index] = true }
    }
    return result
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

/// Whether a name matches a pattern in which `*` stands for any run of characters.
private func matchesPattern(_ name: String.UTF8View, _ pattern: String.UTF8View) -> Bool {
  let star = UInt8(ascii: "*")
  var (n, p) = (name.startIndex, pattern.startIndex)
  // Where to go on when what follows the last star does not fit: the star takes one more character.
  var retry: (name: String.Index, pattern: String.Index)?
  while n < name.endIndex {
    if p < pattern.endIndex, pattern[p] == star {
      p = pattern.index(after: p)
      retry = (n, p)
    } else if p < pattern.endIndex, pattern[p] == name[n] {
      (n, p) = (name.index(after: n), pattern.index(after: p))
    } else if let last = retry {
      let next = name.index(after: last.name)
      retry = (next, last.pattern)
      (n, p) = (next, last.pattern)
    } else {
      return false
    }
  }
  return pattern[p...].allSatisfy { $0 == star }
}
