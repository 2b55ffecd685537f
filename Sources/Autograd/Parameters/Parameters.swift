import Tensor

/// An ordered collection of the named parameters of a model.
///
/// Each parameter occurs once. If a model uses it in several places (tied weights), it is listed
/// under its first name, and the others are its ``aliases``.
///
/// A parameter is found by any of its names: the one under which it is stored, such as
/// `transformer.h.0.ln_1.weight`, an alias, or the path of properties that leads to it in the code,
/// such as `blocks.0.norm1.weight`.
///
/// ```swift
/// for (name, parameter) in model.parameters { print(name, parameter.shape) }
/// ```
public struct Parameters: Sendable {
  /// A parameter and the dotted name under which it is stored, such as `layers.0.weight`.
  public typealias Element = (name: String, parameter: Parameter)

  private final class Contents: Sendable {
    let elements: [Element]
    let aliases: [(name: String, index: Int)]
    /// The paths of properties that are not names of any parameter.
    let properties: [(name: String, index: Int)]
    let indices: [ObjectIdentifier: Int]
    /// The positions of the parameters by name, alias and path of properties.
    let positions: [String: Int]

    init(_ named: [Element], properties: [Element]) {
      var elements = [Element]()
      var aliases = [(name: String, index: Int)]()
      var indices = [ObjectIdentifier: Int](minimumCapacity: named.count)
      var positions = [String: Int](minimumCapacity: named.count)
      for (name, parameter) in named {
        require(positions[name] == nil, "Parameters: the name '\(name)' occurs twice")
        if let index = indices[ObjectIdentifier(parameter)] {
          aliases.append((name, index))
          positions[name] = index
        } else {
          indices[ObjectIdentifier(parameter)] = elements.count
          positions[name] = elements.count
          elements.append((name, parameter))
        }
      }
      let names = positions
      var paths = [(name: String, index: Int)]()
      for (path, parameter) in properties where names[path] == nil {
        guard let index = indices[ObjectIdentifier(parameter)] else { continue }
        paths.append((path, index))
        if positions[path] == nil { positions[path] = index }
      }
      self.elements = elements
      self.aliases = aliases
      self.properties = paths
      self.indices = indices
      self.positions = positions
    }
  }

  private let contents: Contents

  /// Creates a collection from a list of named parameters.
  ///
  /// The names of a parameter that occurs again become aliases. Two equal names stop the program.
  public init(_ named: [(name: String, parameter: Parameter)] = []) {
    self.init(named, properties: [])
  }

  /// Creates a collection from a list of named parameters and the paths of properties that lead to
  /// them.
  package init(_ named: [Element], properties: [Element]) {
    contents = Contents(named, properties: properties)
  }

  /// The further names of parameters that are used in several places, each with the position of its
  /// parameter.
  public var aliases: [(name: String, index: Int)] { contents.aliases }

  /// The names under which the parameters are stored, without aliases, in order.
  public var names: [String] { contents.elements.map(\.name) }

  /// The parameters under all the names that they are stored under: their names, then the aliases.
  package var named: [Element] {
    contents.elements + contents.aliases.map { ($0.name, contents.elements[$0.index].parameter) }
  }

  /// The paths of properties that are not names themselves, with the parameters they lead to.
  var properties: [Element] {
    contents.properties.map { ($0.name, contents.elements[$0.index].parameter) }
  }

  /// Returns whether another collection holds the same parameters in the same order.
  public func isSame(as other: Parameters) -> Bool {
    contents === other.contents
      || count == other.count && zip(self, other).allSatisfy { $0.parameter === $1.parameter }
  }

  /// Returns the position of a parameter, or `nil` if it is not in the collection.
  public func index(of parameter: Parameter) -> Int? {
    contents.indices[ObjectIdentifier(parameter)]
  }

  /// Returns the position of the parameter with a name, or `nil` if no parameter has it; see
  /// ``subscript(_:)-(String)``.
  func index(named name: String) -> Int? { contents.positions[name] }

  /// The parameter with a name, an alias or a path of properties, or `nil`.
  public subscript(name: String) -> Parameter? {
    index(named: name).map { contents.elements[$0].parameter }
  }

  /// Returns the parameters that satisfy a condition, in order and with their aliases.
  public func filter(_ isIncluded: (Element) -> Bool) -> Parameters {
    keeping(contents.elements.map(isIncluded))
  }

  private func keeping(_ isKept: [Bool]) -> Parameters {
    func kept(_ element: Element) -> Bool {
      index(of: element.parameter).map { isKept[$0] } ?? false
    }
    return Parameters(named.filter(kept), properties: properties.filter(kept))
  }

  /// Returns the parameters with a name that matches one of the patterns, in order.
  ///
  /// In a pattern, `*` stands for any run of characters, dots included: `transformer.h.*.weight`
  /// matches `transformer.h.0.attn.c_attn.weight`. A pattern is compared with all names of a
  /// parameter: the one it is stored under, its aliases, and the path of properties in the code, so
  /// `blocks.0.*` and `transformer.h.0.*` choose the same parameters of a `GPT`. A pattern that
  /// matches nothing stops the program, because it is usually misspelled.
  public func matching(_ patterns: String...) -> Parameters {
    keeping(matches(patterns, in: "matching"))
  }

  /// Returns the parameters with no name that matches one of the patterns, in order; see
  /// ``matching(_:)``.
  ///
  /// This freezes the parameters that match: gradients are computed for the rest only, and the
  /// frozen parameters are constants in the graph. The layers stay in training mode: the running
  /// statistics of `BatchNorm` still change, and dropout still drops. To freeze these too, call the
  /// frozen part in `withMode(.inference) { … }`.
  /// ```swift
  /// let trained = model.parameters.excluding("embedding.*")
  /// let optimizer = AdamW(trained)
  /// let (loss, gradients) = valueWithGradients(for: trained) { crossEntropy(model(x), labels: y) }
  /// ```
  public func excluding(_ patterns: String...) -> Parameters {
    keeping(matches(patterns, in: "excluding").map { !$0 })
  }

  /// Returns, for each parameter, whether one of its names matches a pattern.
  ///
  /// A pattern that matches nothing stops the program with a message of the given function.
  package func matches(_ patterns: [String], in function: StaticString) -> [Bool] {
    if let problem = problem(withPatterns: patterns) { fail("\(function): \(problem)") }
    var result = [Bool](repeating: false, count: count)
    for (name, index) in everyName
    where patterns.contains(where: { matchesPattern(name.utf8, $0.utf8) }) {
      result[index] = true
    }
    return result
  }

  /// A message about the first pattern that matches no parameter, with the nearest names, or `nil`.
  package func problem(withPatterns patterns: [String]) -> String? {
    let names = everyName.map(\.name)
    for pattern in patterns where !names.contains(where: { matchesPattern($0.utf8, pattern.utf8) }) {
      let near = nearest(to: pattern, in: names).map { "'\($0)'" }
      return "no parameter matches '\(pattern)'"
        + (near.isEmpty ? "" : "; the nearest names are \(near.joined(separator: ", "))")
    }
    return nil
  }

  /// The names that patterns are compared with, each with the position of its parameter.
  private var everyName: [(name: String, index: Int)] {
    contents.elements.enumerated().map { (name: $1.name, index: $0) } + contents.aliases
      + contents.properties
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
  /// The name and the parameter at a position.
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

/// Returns the three names that have the longest subsequence in common with a pattern.
private func nearest(to pattern: String, in names: [String]) -> [String] {
  let pattern = Array(pattern.utf8)
  func common(_ name: String) -> Int {
    var row = [Int](repeating: 0, count: pattern.count + 1)
    for letter in name.utf8 {
      var diagonal = 0
      for (i, other) in pattern.enumerated() {
        let above = row[i + 1]
        row[i + 1] = letter == other ? diagonal + 1 : max(above, row[i])
        diagonal = above
      }
    }
    return row[pattern.count]
  }
  // Of names with as much in common, those with less besides.
  let ranked = names.map { (name: $0, score: common($0) * 1000 - $0.utf8.count) }
  return ranked.sorted { $0.score > $1.score }.prefix(3).map(\.name)
}
