import Synchronization
import Tensor

/// A tensor that a model learns.
///
/// It is a reference type: a model, its copies and its optimizer share it. ``value`` carries a
/// graph only inside a gradient scope that was opened for the parameter. Any number of threads may
/// read it at once, each in scopes of its own.
public final class Parameter: Sendable {
  private let stored: Mutex<Tensor>

  /// The shape, which never changes.
  public let shape: Shape

  /// The dtype, which never changes.
  public let dtype: DType

  /// Creates a parameter with an initial value, float32 or float64.
  public init(_ value: Tensor) {
    require(
      value.dtype.isFloatingPoint,
      "Parameter: \(value.dtype) values have no gradient")
    shape = value.shape
    dtype = value.dtype
    // A broadcast view would be copied at each use.
    stored = Mutex(value.contiguous)
  }

  /// The current value.
  ///
  /// Inside ``withValues(_:of:_:)`` it is the value given there. A new value must have the same
  /// shape and dtype; it is stored as a constant.
  public var value: Tensor {
    get { value(in: GradientScope.current) }
    set {
      require(
        newValue.shape == shape && newValue.dtype == dtype,
        """
        Parameter: the value of a parameter of shape \(shape) and dtype \(dtype) cannot have \
        shape \(newValue.shape) and dtype \(newValue.dtype)
        """
      )
      let plain = newValue.contiguous
      stored.withLock { $0 = plain }
    }
  }

  /// The value inside a scope, or outside of all.
  func value(in scope: GradientScope?) -> Tensor { scope?.value(of: self) ?? storedValue }

  /// The value that is trained, a constant, whatever scope the current task is in.
  package var storedValue: Tensor { stored.withLock { $0 } }

  /// Updates the value in place.
  ///
  /// The value is contiguous, and copied first if another tensor shares its storage. The parameter
  /// is locked while `body` runs, so `body` must not read it.
  package func update(_ body: (inout Tensor) -> Void) {
    stored.withLock {
      $0.makeUnique()
      body(&$0)
    }
  }
}
