import Autograd
import Tensor

/// A part of a model: a struct that holds parameters, buffers and other modules.
///
/// They are found by name: stored properties that are a `Parameter`, a ``Buffer``, a module, or an array,
/// optional or dictionary (with string keys) of these.  A copy of a module shares its parameters, as two
/// names for the same weights; to have weights of its own build it anew and ``load(_:strict:)`` them.  The same
/// way a model changes its dtype, because loading converts:
/// ```swift
/// let exact = MLP([2, 16, 1], dtype: .float64)
/// try exact.load(model.weights)
/// ```
/// A part of a model is frozen by leaving its parameters out of what is differentiated and optimised, see
/// `Parameters.excluding(_:)`.
///
/// `print(model)` shows the tree of modules with their settings and the shapes of their parameters;
/// ``summary(of:input:)`` counts them.
public protocol Module: Sendable, CustomStringConvertible {
  /// The names under which properties are stored, where they differ from the properties' own.
  ///
  /// A key is the path to a property, such as `attention.output`, with `*` for a position in an array.  An
  /// empty name leaves the property's level out, and a name that ends in `_` is joined to what follows
  /// without a dot: `["projection": "in_proj_"]` gives `in_proj_weight`.  What a module says of the paths
  /// inside its parts goes before what they say themselves.
  static var storedNames: [String: String] { get }
}

/// A module that maps one tensor to one tensor.
public protocol Layer: Module {
  /// The output for an input.
  func callAsFunction(_ input: Tensor) -> Tensor
}

extension Module {
  /// No property is stored under another name.
  public static var storedNames: [String: String] { [:] }

  /// The parameters with their dotted names, in the order of the properties.
  ///
  /// - Complexity: a walk by reflection, some 10 µs a layer.  Do it once, not in every step.
  public var parameters: Parameters { Parameters(ModuleTree(self).parameters) }

  /// The buffers with their dotted names, in the order of the properties.
  public var buffers: [(name: String, buffer: Buffer)] { ModuleTree(self).buffers }
}
