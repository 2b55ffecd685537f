import Tensor

/// Something that parameters can be taken from: a module, a collection of parameters, or a single
/// parameter.
///
/// ```swift
/// let all = Parameters(["actor": actor, "critic": critic, "temperature": temperature])
/// ```
public protocol ParameterContainer {
  /// The parameters, in order.
  var parameters: Parameters { get }
}

extension Parameters: ParameterContainer {
  /// The collection itself.
  public var parameters: Parameters { self }
}

extension Parameter: ParameterContainer {
  /// The parameter alone, with an empty name.
  public var parameters: Parameters { Parameters([("", self)]) }
}

extension Parameters {
  /// Creates a collection from several parts, whose names it joins with those of the parameters:
  /// `actor.layers.0.weight`.
  ///
  /// ```swift
  /// let parameters = Parameters(["generator": generator, "critic": critic])
  /// let plain = Parameters(["w": w, "b": b])  // of two parameters
  /// ```
  /// A parameter of several parts is listed under the name in the first of them, and the other
  /// names are ``aliases``.
  ///
  /// - Parameter parts: Modules, parameters, or collections of parameters, by name.
  public init(_ parts: KeyValuePairs<String, any ParameterContainer>) {
    let prefixed = parts.map { $0.value.parameters.prefixed($0.key) }
    self.init(prefixed.flatMap(\.named), properties: prefixed.flatMap(\.properties))
  }

  /// Returns the same parameters with names that begin with a prefix and a dot.
  ///
  /// `actor.parameters.prefixed("actor")` has the name `actor.layers.0.weight`.
  public func prefixed(_ prefix: String) -> Parameters {
    func joined(_ element: Element) -> Element {
      let separator = prefix.isEmpty || prefix.hasSuffix(".") || element.name.isEmpty ? "" : "."
      return (prefix + separator + element.name, element.parameter)
    }
    return Parameters(named.map(joined), properties: properties.map(joined))
  }

  /// Returns the parameters of both collections, those of `a` first.
  ///
  /// ```swift
  /// let both = encoder.parameters.prefixed("encoder") + decoder.parameters.prefixed("decoder")
  /// ```
  /// A parameter that is in both is listed once. Two parameters with one name stop the program:
  /// give each model a name by ``prefixed(_:)``.
  public static func + (a: Parameters, b: Parameters) -> Parameters {
    let known = Dictionary(uniqueKeysWithValues: a.named.map { ($0.name, $0.parameter) })
    let added = b.named.filter { name, parameter in
      guard let other = known[name] else { return true }
      require(
        other === parameter,
        """
        Parameters: both sides of + have a parameter '\(name)'; name them: a.prefixed(\"actor\") \
        + b.prefixed(\"critic\") or Parameters([\"actor\": a, \"critic\": b])
        """
      )
      return false
    }
    return Parameters(a.named + added, properties: a.properties + b.properties)
  }

  /// Adds the parameters of another collection after those of this one; see ``+(_:_:)``.
  public static func += (a: inout Parameters, b: Parameters) { a = a + b }
}

extension Parameters: CustomStringConvertible {
  /// A line for each parameter: its name and shape, and its dtype if it is not float32.
  public var description: String {
    map { name, parameter in
      "\(name) \(parameter.shape)" + (parameter.dtype == .float32 ? "" : " \(parameter.dtype)")
    }.joined(separator: "\n")
  }
}
