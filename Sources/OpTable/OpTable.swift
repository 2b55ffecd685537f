import Autograd
import Tensor

extension OpCase {
  /// The op table, with a row for every public operation.
  package static let all = table {
    arithmetic
    numbers
    powers
    signsAndRounding
    exponentials
    trigonometry
    comparisons
    selections
    activations
    conversions
    reductions
    scans
    sorting
    softmaxes
    movements
    arrangements
    indexing
    gathering
    searching
    matrixProducts
    linearAlgebra
    linearSystems
    decompositions
    specialFunctions
    convolutions
    pooling
    normalization
    attention
  }
}
