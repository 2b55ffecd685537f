import Autograd
import Tensor

extension Recurrent.State: TensorContainer {
  /// Returns a state of the transforms of h and c.
  public func mapTensors(_ transform: (Tensor) -> Tensor) -> Self {
    Self(hidden: transform(hidden), cell: cell.map(transform))
  }
}
