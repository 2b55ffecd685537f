import Tensor

/// An ordered collection of the named parameters of a model.
///
/// Each parameter occurs once. If a model uses it in several places (tied weights), it is listed
/// under its first name, and the others are its ``aliases``.
public struct Parameters: Sendable {
  /// A parameter and its dotted name.
  public struct Element: Sendable {
    /// The dotted path of properties that leads to the parameter, such as `layers.0.weight`.
    public let name: String
    /// The parameter.
    public let parameter: Parameter

    /// Returns whether the name matches a pattern in which `*` stands for any characters; see
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

  /// Creates a collection from a list of named parameters.
  ///
  /// The names of a parameter that occurs again become aliases. Two equal names stop the program.
  public init(_ named: [(name: String, parameter: Parameter)] = []) {
    var elements = [Element]()
    var aliases = [(name: String, index: Int)]()
    var indices = [ObjectIdentifier: Int]()
    var names = Set<String>()
    for (name, parameter) in named {
      require(names.insert(name).inserted, "parameters: the name '\(name)' occurs twice")
      if let index = indices[ObjectIdentifier(parameter)] {
        aliases.append((name, index))
      } else {
        indices[ObjectIdentifier(parameter)] = elements.count
        elements.append(Element(name: name, parameter: parameter))
      }
    }
    contents = Contents(elements, aliases)
  }

  /// The further names of parameters that are used in several places, each with the position of its
  /// parameter.
  public var aliases: [(name: String, index: Int)] { contents.aliases }

  /// Returns whether another collection holds the same parameters in the same order.
  public func isSame(as other: Parameters) -> Bool {
    contents === other.contents
      || count == other.count && zip(self, other).allSatisfy { $0.parameter === $1.parameter }
  }

  /// Returns the position of a parameter, or `nil` if it is not in the collection.
  public func index(of parameter: Parameter) -> Int? {
    contents.indices[ObjectIdentifier(parameter)]
  }

  /// The parameter with a name or alias, or `nil`.
  public subscript(name: String) -> Parameter? {
    if let element = contents.elements.first(where: { $0.name == name }) {
      return element.parameter
    }
    return contents.aliases.first { $0.name == name }.map { contents.elements[$0.index].parameter }
  }

  /// Returns the parameters that satisfy a condition, in order and with their aliases.
  public func filter(_ isIncluded: (Element) -> Bool) -> Parameters {
    keeping(contents.elements.map(isIncluded))
  }

  private func keeping(_ isKept: [Bool]) -> Parameters {
    let kept = zip(contents.elements, isKept).filter(\.1).map { ($0.0.name, $0.0.parameter) }
    let further = contents.aliases.filter { isKept[$0.index] }
    return Parameters(
      kept + further.map { ($0.name, contents.elements[$0.index].parameter) })
  }

  /// Returns the parameters with a name or alias that matches one of the patterns, in order.
  ///
  /// In a pattern, `*` stands for any run of characters, dots included: `transformer.h.*.weight`
  /// matches `transformer.h.0.attn.c_attn.weight`. A pattern that matches nothing stops the
  /// program, because it is usually misspelled.
  public func matching(_ patterns: String...) -> Parameters {
    keeping(matches(patterns, in: "matching"))
  }

  /// Returns the parameters with no name or alias that matches one of the patterns, in order; see
  /// ``matching(_:)``.
  ///
  /// This freezes the parameters that match: gradients are computed for the rest only, and the
  /// frozen parameters are constants in the graph.
  /// ```swift
  /// let trained = model.parameters.excluding("embedding.*")
  /// let optimizer = AdamW(trained)
  /// let (loss, gradients) = valueWithGradients(for: trained) { crossEntropy(model(x), labels: y) }
  /// ```
  public func excluding(_ patterns: String...) -> Parameters {
    keeping(matches(patterns, in: "excluding").map { !$0 })
  }

  /// Returns, for each parameter, whether one of its names matches a pattern.
  private func matches(_ patterns: [String], in function: StaticString) -> [Bool] {
    var result = [Bool](repeating: false, count: count)
    let names = contents.elements.enumerated().map { ($1.name, $0) } + contents.aliases
    for pattern in patterns {
      let found = names.filter { matchesPattern($0.0.utf8, pattern.utf8) }
      if found.isEmpty {
        // The names with the longest common prefix.
        let near = names.map { (name: $0.0, common: zip($0.0, pattern).prefix { $0 == $1 }.count) }
          .sorted { $0.common > $1.common }.prefix(3).map { "'\($0.name)'" }
        fail(
          "\(function): no parameter matches '\(pattern)'; the nearest names are \(near.joined(separator: ", "))"
        )
      }
      for (_, index) in found { result[index] = true }
    }
    return result
  }

  /// The total number of elements of all parameters.
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

/// Returns whether a name matches a pattern in which `*` stands for any run of characters.
private func matchesPattern(_ name: String.UTF8View, _ pattern: String.UTF8View) -> Bool {
  let star = UInt8(ascii: "*")
  var (n, p) = (name.startIndex, pattern.startIndex)
  // Where to retry if the rest does not match: the last star takes one more character.
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
