import Autograd
import Tensor

/// A building block of a model: a value that holds parameters, buffers and other modules.
///
/// Parameters and buffers are found by name. Each stored property that is a `Parameter`, a
/// ``ModuleBuffer``, a module, or an array, an optional or a dictionary (with string keys) of these
/// contributes its contents under the property's name.
///
/// A copy of a module shares its parameters with the original. For an independent copy, build the
/// module again and ``load(_:strict:)`` the weights. Loading converts dtypes, so the same two steps
/// change the dtype of a model:
/// ```swift
/// let exact = MLP([2, 16, 1], dtype: .float64)
/// try exact.load(model.weights)
/// ```
/// To freeze part of a model, leave its parameters out of those that are differentiated and
/// optimized; see `Parameters.excluding(_:)`.
///
/// `print(model)` shows the tree of modules with their settings and the shapes of their parameters;
/// ``summary(of:input:)`` counts them.
public protocol Module: ParameterContainer, Sendable, CustomStringConvertible {
  /// The names under which properties are stored, where they differ from the names in the code.
  ///
  /// A key is a path of properties such as `attention.output`, with `*` for a position in an array.
  /// An empty name leaves a level out of the names below it. A name that ends in `_` is joined
  /// to what follows without a dot: `["projection": "in_proj_"]` gives `in_proj_weight`. A `*` in a
  /// name stands for the position that the last `*` of its key matched:
  /// `["cells.*.bias": "bias_l*"]` gives `bias_l0`, `bias_l1` and so on.
  ///
  /// The names that an outer module gives take precedence over those of the modules inside it.
  static var storedNames: [String: String] { get }
}

/// A module that maps one tensor to one tensor.
public protocol Layer: Module {
  /// Returns the output of the layer for an input.
  func callAsFunction(_ input: Tensor) -> Tensor
}

extension Module {
  /// An empty table: every property is stored under its own name.
  public static var storedNames: [String: String] { [:] }

  /// The parameters with their dotted names, in the order of the properties.
  ///
  /// They are found by the path of properties too: `model.parameters["layers.0.weight"]` is the
  /// weight of `model.layers[0]`, also where ``storedNames`` gives it another name.
  ///
  /// - Complexity: A walk by reflection, about 10 µs per layer. Call it once, not in every step.
  public var parameters: Parameters { ModuleState(of: self).parameters }

  /// The buffers with their dotted names, in the order of the properties.
  ///
  /// - Complexity: A walk by reflection, as for ``parameters``.
  public var buffers: ModuleBuffers { ModuleState(of: self).buffers }
}
