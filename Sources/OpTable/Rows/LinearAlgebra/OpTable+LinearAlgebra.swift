import Autograd
import Tensor

extension OpCase {
  static let linearAlgebra: [OpCase] = vectors + sumsOfProducts

  private static func sums(_ op: inout OpCase) {
    op.bound = .sums
    op.isLayoutExact = false
    op.largeBound = Bound(relative: 1e-5, absolute: 1e-3)
    op.exactness = Bound(relative: 1e-13, absolute: 1e-10)
    op.gradientBound = Bound(relative: 4e-6, absolute: 1e-5)
  }

  private static let vectors: [OpCase] = [
    OpCase(
      name: "dot", operations: ["dot(Tensor, Tensor)"], apply: { dot($0[0], $0[1]) },
      reference: { inputs in
        var sum = 0.0
        for i in inputs[0].values.indices { sum += inputs[0].values[i] * inputs[1].values[i] }
        return PlainArray(shape: [], values: [sum])
      },
      samples: ([[0], [1], [7]] as [Shape]).map { [Input($0), Input($0)] },
      large: [Input([80_000]), Input([80_000])]
    ).with {
      sums(&$0)
      $0.errors = [
        OpError("dot: shapes [2] and [3] are not two vectors of equal length") {
          _ = dot(Tensor([1, 2]), Tensor([1, 2, 3]))
        },
        OpError("dot: shapes [2, 2] and [2, 2] are not two vectors of equal length") {
          _ = dot(Tensor.ones([2, 2]), Tensor.ones([2, 2]))
        },
        OpError("dot: dtypes float32 and float64 differ") {
          _ = dot(Tensor([1]), Tensor([1], dtype: .float64))
        },
      ]
    },
    OpCase(
      name: "outer", operations: ["outer(Tensor, Tensor)"], apply: { outer($0[0], $0[1]) },
      reference: { inputs in
        PlainArray(shape: inputs[0].shape + inputs[1].shape) {
          inputs[0].values[$0[0]] * inputs[1].values[$0[1]]
        }
      },
      samples: ([([3], [4]), ([1], [1]), ([0], [2]), ([2], [0])] as [(Shape, Shape)]).map {
        [Input($0.0), Input($0.1)]
      },
      large: [Input([300]), Input([257])], bound: Bound(relative: 6e-8, absolute: 0),
      errors: [
        OpError("outer: shapes [2, 2] and [2] are not two vectors") {
          _ = outer(Tensor.ones([2, 2]), Tensor.ones([2]))
        }
      ]),
    OpCase(
      name: "trace", operations: ["trace()"], apply: { $0[0].trace() },
      reference: { inputs in
        let x = inputs[0]
        let length = Swift.min(x.shape[x.rank - 1], x.shape[x.rank - 2])
        return PlainArray(shape: x.shape.dropLast(2)) { index in
          (0..<length).reduce(0) { $0 + x[index + [$1, $1]] }
        }
      },
      samples: ([[3, 3], [2, 4], [4, 2], [2, 3, 3], [1, 1], [0, 0]] as [Shape]).map { [Input($0)] },
      large: [Input([300, 20, 20])]
    ).with {
      sums(&$0)
      $0.errors = [
        OpError("trace: shape [3] has fewer than two axes") { _ = Tensor([1, 2, 3]).trace() }
      ]
    },
  ]

  // MARK: Einstein notation

  /// The sum of products over all values of the letters that are not in the result.
  private static func sumOfProducts(
    _ terms: [String], _ result: String, _ inputs: [PlainArray]
  ) -> PlainArray {
    var sizes = [Character: Int]()
    for (term, input) in zip(terms, inputs) {
      for (letter, size) in zip(term, input.shape) { sizes[letter] = size }
    }
    func shape(_ letters: [Character]) -> [Int] { letters.map { sizes[$0] ?? 0 } }
    let kept = Array(result)
    let summed = sizes.keys.filter { !kept.contains($0) }
    return PlainArray(shape: shape(kept)) { outer in
      var sum = 0.0
      PlainArray.forEachIndex(of: shape(summed)) { inner in
        var values = [Character: Int]()
        for (letter, i) in zip(kept, outer) { values[letter] = i }
        for (letter, i) in zip(summed, inner) { values[letter] = i }
        var product = 1.0
        for (term, input) in zip(terms, inputs) { product *= input[term.map { values[$0] ?? 0 }] }
        sum += product
      }
      return sum
    }
  }

  /// A formula that repeats the axis that would grow.
  private static func ofFixedSize(_ op: inout OpCase) { op.growth = .fixed }

  private static func einsumRow(
    _ formula: String, meaning terms: [String], _ result: String, _ samples: [[Shape]],
    large: [Shape]? = nil
  ) -> OpCase {
    OpCase(
      name: "einsum \(formula)", operations: ["einsum(String, Tensor...)"],
      apply: {
        switch $0.count {
        case 1: einsum(formula, $0[0])
        case 2: einsum(formula, $0[0], $0[1])
        default: einsum(formula, $0[0], $0[1], $0[2])
        }
      },
      reference: { sumOfProducts(terms, result, $0) },
      samples: samples.map { $0.map { Input($0) } }, large: large.map { $0.map { Input($0) } }
    ).with(sums)
  }

  private static let sumsOfProducts: [OpCase] = [
    einsumRow(
      "ij,jk->ik", meaning: ["ij", "jk"], "ik",
      [[[2, 3], [3, 4]], [[1, 1], [1, 1]], [[2, 0], [0, 3]], [[0, 2], [2, 3]]],
      large: [[60, 70], [70, 50]]
    ).with {
      $0.errors = [
        OpError("einsum: 'ij,jk->ik' takes 2 operands, got 1") {
          _ = einsum("ij,jk->ik", Tensor.ones([2, 3]))
        },
        OpError("einsum: 'ij' does not fit shape [2] of rank 1") {
          _ = einsum("ij,jk->ik", Tensor.ones([2]), Tensor.ones([2, 2]))
        },
        OpError("einsum: 'j' stands for axes of different sizes in 'ij,jk->ik'") {
          _ = einsum("ij,jk->ik", Tensor.ones([2, 3]), Tensor.ones([2, 3]))
        },
        OpError("einsum: 'ij->ik' is not of the form 'ij,jk->ik'") {
          _ = einsum("ij->ik", Tensor.ones([2, 3]))
        },
        OpError("einsum: 'ij->ii' is not of the form 'ij,jk->ik'") {
          _ = einsum("ij->ii", Tensor.ones([2, 3]))
        },
        OpError("einsum: 'i1->i' is not of the form 'ij,jk->ik'") {
          _ = einsum("i1->i", Tensor.ones([2, 3]))
        },
        OpError("einsum: 'i..->i' is not of the form 'ij,jk->ik'") {
          _ = einsum("i..->i", Tensor.ones([2, 3]))
        },
        OpError("einsum: '...i...' is not of the form 'ij,jk->ik'") {
          _ = einsum("...i...", Tensor.ones([2, 3]))
        },
        OpError("einsum: '...ij' does not fit shape [2]") {
          _ = einsum("...ij", Tensor.ones([2]))
        },
        OpError("einsum: '...' stands for shapes [2] and [3], which do not broadcast") {
          _ = einsum("...i,...i->...", Tensor.ones([2, 4]), Tensor.ones([3, 4]))
        },
      ]
    },
    einsumRow(
      "bij, bjk -> bik", meaning: ["bij", "bjk"], "bik",
      [[[2, 2, 3], [2, 3, 2]], [[0, 2, 3], [0, 3, 2]]], large: [[4, 30, 20], [4, 20, 10]]),
    einsumRow("ij->ji", meaning: ["ij"], "ji", [[[2, 3]], [[1, 1]], [[0, 2]]]),
    einsumRow("ba", meaning: ["ba"], "ab", [[[2, 3]]]),
    einsumRow("ijk->j", meaning: ["ijk"], "j", [[[2, 3, 4]], [[2, 3, 0]]]),
    einsumRow("ii->i", meaning: ["ii"], "i", [[[3, 3]], [[1, 1]]]).with(ofFixedSize),
    einsumRow("ii", meaning: ["ii"], "", [[[3, 3]], [[0, 0]]]).with(ofFixedSize),
    einsumRow("iji->ij", meaning: ["iji"], "ij", [[[2, 3, 2]]]).with(ofFixedSize),
    einsumRow("i,j->ji", meaning: ["i", "j"], "ji", [[[2], [3]], [[1], [0]]]),
    einsumRow("ij,ij", meaning: ["ij", "ij"], "", [[[2, 3], [2, 3]]]),
    einsumRow("ij,k->j", meaning: ["ij", "k"], "j", [[[2, 3], [4]]]),
    einsumRow(",i->i", meaning: ["", "i"], "i", [[[], [3]]]),
    einsumRow(
      "bi,ijk,bk->bj", meaning: ["bi", "ijk", "bk"], "bj", [[[2, 3], [3, 2, 2], [2, 2]]]
    ).with(ofFixedSize),
    einsumRow(
      "...ij,...jk->...ik", meaning: ["bij", "bjk"], "bik",
      [[[2, 2, 3], [2, 3, 2]], [[0, 2, 3], [0, 3, 2]]]),
    einsumRow(
      "...ij,...jk", meaning: ["acij", "jk"], "acik", [[[2, 1, 2, 3], [3, 2]]]),
    einsumRow("i...,...->...i", meaning: ["iab", "b"], "abi", [[[3, 4, 2], [2]]]),
    einsumRow("...i->i", meaning: ["abi"], "i", [[[2, 3, 2]], [[2, 0, 2]]]),
    einsumRow("...", meaning: ["ba"], "ba", [[[2, 3]]]),
    einsumRow(
      "bhqd,bhkd->bhqk", meaning: ["bhqd", "bhkd"], "bhqk", [[[1, 2, 3, 2], [1, 2, 2, 2]]]),
  ]
}
