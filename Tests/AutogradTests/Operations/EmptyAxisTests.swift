import TestSupport
import Testing

/// A product of two tensors in the notation of `einsum`, with a letter for each axis.
struct Product: Sendable, CustomTestStringConvertible {
  let name: String
  let formula: String
  let apply: @Sendable (Tensor, Tensor) -> Tensor

  var testDescription: String { "\(name) \(formula)" }

  init(_ name: String, _ formula: String, _ apply: @escaping @Sendable (Tensor, Tensor) -> Tensor) {
    (self.name, self.formula, self.apply) = (name, formula, apply)
  }

  /// The letters of both operands and of the result.
  var terms: [[Character]] {
    formula.split { ",->".contains($0) }.map(Array.init)
      + (formula.hasSuffix("->") ? [[]] : [])
  }

  /// The letters, each once.
  var letters: [Character] { Array(Set(terms[0] + terms[1])).sorted() }

  static let all: [Product] =
    [
      "mk,kn->mn", "bmk,kn->bmn", "bmk,bkn->bmn", "mk,bkn->bmn", "abmk,kn->abmn",
      "abmk,abkn->abmn", "abmk,bkn->abmn", "k,k->", "mk,k->m", "bmk,k->bm", "k,kn->n", "k,bkn->bn",
    ].map { Product("matmul", $0) { matmul($0, $1) } }
    + ["k,nk->n", "mk,nk->mn", "bmk,nk->bmn", "abmk,nk->abmn"].flatMap {
      [
        Product("linear", $0) { linear($0, $1) },
        // A bias of zeros, so that the product is the result.
        Product("linear with a bias", $0) {
          linear($0, $1, Tensor.zeros([$1.shape[0]], dtype: $1.dtype))
        },
        Product("transposed operands", $0) {
          linear($0.contiguousTranspose, $1.contiguousTranspose)
        },
      ]
    }
    + [
      Product("dot", "k,k->") { dot($0, $1) },
      Product("outer", "m,n->mn") { outer($0, $1) },
    ]
    + [
      "mk,kn->mn", "bmk,kn->bmn", "bmk,bkn->mbn", "mk,nk->nm", "abk,kb->a", "ab,ab->", "ab,ab->ab",
      "ab,cd->acbd", "a,ab->b", "abc,bd->acd", "abc,cb->ab",
    ].map { formula in Product("einsum", formula) { einsum(formula, $0, $1) } }
}

extension Tensor {
  /// The same elements, with the last two axes swapped in memory.
  fileprivate var contiguousTranspose: Tensor {
    rank < 2 ? self : (transposed() + 0).transposed()
  }
}

/// The sum over all letters that the result lacks, as plain loops.
private func contraction(_ terms: [[Character]], _ operands: [Tensor]) -> Tensor {
  var sizes = [Character: Int]()
  for (letters, operand) in zip(terms, operands) {
    for (letter, size) in zip(letters, operand.shape) { sizes[letter] = size }
  }
  let letters = sizes.keys.sorted()
  func position(_ term: [Character], _ index: [Character: Int]) -> Int {
    term.reduce(0) { $0 * sizes[$1, default: 0] + index[$1, default: 0] }
  }
  let shape = Shape(terms[2].map { sizes[$0, default: 0] })
  var result = [Double](repeating: 0, count: shape.elementCount)
  let (a, b) = (operands[0].scalars(as: Double.self), operands[1].scalars(as: Double.self))
  for number in 0..<letters.reduce(1, { $0 * sizes[$1, default: 0] }) {
    var (rest, index) = (number, [Character: Int]())
    for letter in letters {
      index[letter] = rest % sizes[letter, default: 0]
      rest /= sizes[letter, default: 0]
    }
    result[position(terms[2], index)] +=
      a[position(terms[0], index)] * b[position(terms[1], index)]
  }
  return Tensor(result, shape: shape)
}

struct EmptyAxisTests {
  /// The sizes of the letters: all ordinary, each 0 or 1 in turn, and each two of them 0.
  private func sizes(_ letters: [Character]) -> [[Character: Int]] {
    let ordinary = Dictionary(uniqueKeysWithValues: letters.enumerated().map { ($1, 2 + $0) })
    var result = [ordinary]
    for first in letters {
      result.append(ordinary.merging([first: 1]) { $1 })
      for second in letters {
        var empty = ordinary
        empty[first] = 0
        empty[second] = 0
        result.append(empty)
      }
    }
    return result
  }

  /// Where an axis that is kept is empty, nothing is read or written, however long the others are.
  @Test func resultsWithoutElementsAreNotWritten() async {
    await #expect(processExitsWith: .success) {
      for dtype in [DType.float32, .float64, .int32] {
        let x = Tensor.zeros([1 << 24, 64, 0], dtype: dtype)
        for result in [
          x.sum(along: 1), x.product(along: 1), x.max(along: 1), x.min(along: 1),
          x.argmax(along: 1), x.cumulativeSum(along: 1).sum(along: 1),
        ] { #expect(result.shape == [1 << 24, 0]) }
      }
      let x = Tensor.zeros([1 << 24, 64, 0])
      for result in [x.mean(along: 1), x.norm(along: 1), x.logSumExp(along: 1)] {
        #expect(result.shape == [1 << 24, 0])
      }
    }
  }

  @Test(arguments: Product.all)
  func productsWithEmptyAxesAreSumsOfNothing(_ product: Product) {
    let terms = product.terms
    for sizes in sizes(product.letters) {
      func tensor(_ letters: [Character], _ seed: UInt64) -> Tensor {
        Tensor.seeded(Shape(letters.map { sizes[$0, default: 0] }), seed: seed)
      }
      let (a, b) = (tensor(terms[0], 1), tensor(terms[1], 2))
      let text = "\(product.name) \(product.formula) of \(a.shape) and \(b.shape)"
      let expected = contraction(terms, [a, b])
      expectClose(product.apply(a, b), expected, relative: 1e-13, absolute: 1e-14, text)
      let single = product.apply(a.converted(to: .float32), b.converted(to: .float32))
      expectClose(
        single.converted(to: .float64), expected, relative: 1e-5, absolute: 1e-5, "float32 \(text)")
      let cotangent = tensor(terms[2], 3)
      let gradients = gradient(at: a, b) { (product.apply($0, $1) * cotangent).sum() }
      // The letters that the gradient has and neither the other operand nor the result has do not
      // occur in these formulas.
      expectClose(
        gradients.0.contiguous, contraction([terms[2], terms[1], terms[0]], [cotangent, b]),
        relative: 1e-13, absolute: 1e-14, "first gradient of \(text)")
      expectClose(
        gradients.1.contiguous, contraction([terms[2], terms[0], terms[1]], [cotangent, a]),
        relative: 1e-13, absolute: 1e-14, "second gradient of \(text)")
      let report = checkGradients(of: { product.apply($0[0], $0[1]) }, at: [a, b], order: 2)
      #expect(report.passed, "\(text): \(report)")
    }
  }

  @Test func biasesRemainWhereThereIsNothingToSum() {
    let bias = Tensor([1, 2, 3], dtype: .float64)
    for shape in [[0], [2, 0], [4, 2, 0], [1, 4, 2, 0]] as [Shape] {
      let weight = Tensor.zeros([3, 0], dtype: .float64)
      let expected = bias.broadcast(to: Shape(Array(shape.dropLast()) + [3])).contiguous
      expectIdentical(linear(Tensor.zeros(shape, dtype: .float64), weight, bias), expected)
      let slope = gradient(at: bias) {
        linear(Tensor.zeros(shape, dtype: .float64), weight, $0).sum()
      }
      let rows = Double(expected.elementCount / 3)
      expectIdentical(slope.contiguous, Tensor.full([3], rows, dtype: .float64).contiguous)
    }
  }

  // MARK: Attention

  /// The softmax of the scores times the values, as plain loops; a query without keys gives zeros.
  private func attention(_ q: Tensor, _ k: Tensor, _ v: Tensor, isCausal: Bool) -> Tensor {
    let (b, t, d) = (q.shape[0], q.shape[1], q.shape[2])
    let (s, e) = (k.shape[1], v.shape[2])
    let (qs, ks, vs) = (
      q.scalars(as: Double.self), k.scalars(as: Double.self), v.scalars(as: Double.self)
    )
    var result = [Double]()
    for n in 0..<b {
      for i in 0..<t {
        let seen = (0..<s).filter { !isCausal || $0 <= i + s - t }
        let weights = seen.map { j in
          let score = (0..<d).reduce(0.0) {
            $0 + qs[(n * t + i) * d + $1] * ks[(n * s + j) * d + $1]
          }
          return exp(Tensor(score / Double(max(d, 1)).squareRoot(), dtype: .float64)).scalar()
        }
        let total = weights.reduce(0, +)
        for c in 0..<e {
          result.append(
            zip(seen, weights).reduce(0) { $0 + $1.1 / total * vs[(n * s + $1.0) * e + c] })
        }
      }
    }
    return Tensor(result, shape: [b, t, e])
  }

  @Test(arguments: [false, true])
  func attentionWithEmptyAxes(_ isCausal: Bool) {
    for empty in ["", "b", "t", "s", "d", "e", "ts", "sd", "de", "td", "se", "bd"] {
      func size(_ axis: Character, _ size: Int) -> Int { empty.contains(axis) ? 0 : size }
      let (b, t, s, d, e) = (
        size("b", 2), size("t", 3), size("s", 4), size("d", 5), size("e", 2)
      )
      let inputs = [
        Tensor.seeded([b, t, d], seed: 1), Tensor.seeded([b, s, d], seed: 2),
        Tensor.seeded([b, s, e], seed: 3),
      ]
      func apply(_ x: [Tensor]) -> Tensor {
        scaledDotProductAttention(x[0], x[1], x[2], isCausal: isCausal)
      }
      let expected = attention(inputs[0], inputs[1], inputs[2], isCausal: isCausal)
      let text = "axes \(empty) are empty, causal \(isCausal)"
      expectClose(apply(inputs), expected, relative: 1e-12, absolute: 1e-13, text)
      for mask in [
        Tensor.zeros([t, s]), Tensor.ones([t, s], dtype: .bool),
      ] where !isCausal {
        let masked = scaledDotProductAttention(inputs[0], inputs[1], inputs[2], mask: mask)
        expectClose(masked, expected, relative: 1e-12, absolute: 1e-13, "masked, \(text)")
      }
      let report = checkGradients(of: apply, at: inputs, order: 2)
      #expect(report.passed, "\(text): \(report)")
    }
  }

  // MARK: Convolutions

  @Test func convolutionsWithEmptyAxes() {
    for empty in ["", "n", "i", "o", "ni", "no", "io"] {
      func size(_ axis: Character, _ size: Int) -> Int { empty.contains(axis) ? 0 : size }
      let (n, i, o) = (size("n", 2), size("i", 3), size("o", 4))
      let bias = Tensor.seeded([o], seed: 3)
      let cases: [(Tensor, Tensor, (Tensor, Tensor, Tensor) -> Tensor, Shape)] = [
        (
          Tensor.seeded([n, i, 5, 4], seed: 1), Tensor.seeded([o, i, 3, 2], seed: 2),
          { conv2d($0, $1, bias: $2) }, [n, o, 3, 3]
        ),
        (
          Tensor.seeded([n, i, 5], seed: 1), Tensor.seeded([o, i, 3], seed: 2),
          { conv1d($0, $1, bias: $2) }, [n, o, 3]
        ),
        (
          Tensor.seeded([n, i, 3, 2], seed: 1), Tensor.seeded([i, o, 3, 2], seed: 2),
          { convTranspose2d($0, $1, bias: $2) }, [n, o, 5, 3]
        ),
      ]
      for (x, weight, apply, shape) in cases {
        let text = "axes \(empty) are empty, \(x.shape) and \(weight.shape)"
        let y = apply(x, weight, bias)
        #expect(y.shape == shape, "\(text)")
        if i == 0 {
          let channels = bias.reshaped(to: Shape([o] + Array(repeating: 1, count: shape.rank - 2)))
          expectIdentical(y.contiguous, channels.broadcast(to: shape).contiguous, text)
        }
        let report = checkGradients(
          of: { apply($0[0], $0[1], $0[2]) }, at: [x, weight, bias], order: 2)
        #expect(report.passed, "\(text): \(report)")
      }
    }
  }
}
