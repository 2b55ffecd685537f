import Autograd
import CLibrary
import Tensor

extension OpCase {
  static let reductions: [OpCase] =
    sums + means + variances + deviations + norms + exponentialSums + truths + products
    + extremes("max", { $0.max() ?? .nan })
    + extremes("min", { $0.min() ?? .nan })
    + arguments

  /// A tall shape: its reductions are split over threads by rows, by runs or as a whole.
  private static let largeCube: Shape = [2000, 3, 16]

  /// The axes of a reduction, `nil` for the overload without axes, and whether they are kept.
  private struct Axes: Sendable {
    var axes: [Int]?
    var keepsAxes = false
    var shapes: [Shape] = [[2, 3, 4], [1, 5, 1], [3, 1, 2], [2, 0, 3], [2, 3, 0]]

    var text: String {
      guard let axes else { return "of all" }
      return "along \(axes)" + (keepsAxes ? ", kept" : "")
    }

    /// The number of elements that are reduced to one.
    func count(in shape: Shape) -> Int {
      (axes ?? Array(0..<shape.rank)).reduce(1) { $0 * shape[$1 < 0 ? shape.rank + $1 : $1] }
    }

    static let all: [Axes] = [
      Axes(axes: [0]), Axes(axes: [1], keepsAxes: true), Axes(axes: [-1]),
      Axes(axes: [0, 2]), Axes(axes: [2, 1], keepsAxes: true), Axes(axes: [0, 1, 2]),
      Axes(axes: []), Axes(axes: [0], shapes: [[7], [1], [0], [5, 2], [2, 3, 2, 2]]),
      Axes(axes: nil, shapes: [[], [1], [6], [2, 3], [2, 3, 4]]),
    ]
  }

  /// The rows of a reduction: one for each list of axes, and one with variadic axes for lists of
  /// one or two.
  private static func rows(
    _ name: String, _ variant: String = "", leading: String = "",
    parameters: String = "keepingAxes: Bool",
    domain: Input.Domain = .range(-2, 2), allowsEmpty: Bool = true,
    list: @escaping @Sendable (Tensor, [Int], Bool) -> Tensor,
    single: @escaping @Sendable (Tensor, Int, Bool) -> Tensor,
    pair: @escaping @Sendable (Tensor, Int, Int, Bool) -> Tensor,
    whole: @escaping @Sendable (Tensor) -> Tensor, wholeParameters: String = "",
    reference: @escaping @Sendable ([Double]) -> Double,
    isDefined: (_ count: Int) -> Bool = { _ in true },
    _ change: (inout OpCase) -> Void
  ) -> [OpCase] {
    func row(
      _ text: String, _ operation: String, _ axes: Axes,
      _ apply: @escaping @Sendable (Tensor) -> Tensor
    ) -> OpCase {
      let shapes = axes.shapes.filter {
        (allowsEmpty || $0.elementCount > 0) && isDefined(axes.count(in: $0))
      }
      let isCube = axes.shapes.contains { $0.rank == 3 }
      return OpCase(
        name: "\(variant)\(name) \(text)", operations: [operation], apply: { apply($0[0]) },
        reference: {
          $0[0].reduced(
            along: axes.axes ?? Array(0..<$0[0].rank), keepingAxes: axes.keepsAxes, reference)
        },
        samples: shapes.map { [Input($0, domain)] },
        large: [Input(isCube ? largeCube : [80_000], domain)]
      ).with {
        $0.isLayoutExact = false
        $0.bound = .sums
        $0.exactness = Bound(relative: 1e-13, absolute: 1e-14)
        change(&$0)
      }
    }
    var rows = [OpCase]()
    for axes in Axes.all {
      guard let names = axes.axes else {
        rows.append(row(axes.text, "\(name)(\(wholeParameters))", axes, whole))
        continue
      }
      // The same axes may occur with other shapes.
      let text = axes.text + (axes.shapes.contains([7]) ? " of any rank" : "")
      rows.append(
        row(text, "\(name)(\(leading)along: [Int], \(parameters))", axes) {
          list($0, names, axes.keepsAxes)
        })
      if names.count == 1 {
        rows.append(
          row(text + ", one axis", "\(name)(\(leading)along: Int..., \(parameters))", axes) {
            single($0, names[0], axes.keepsAxes)
          }.with { $0.large = nil })
      } else if names.count == 2 {
        rows.append(
          row(text + ", two axes", "\(name)(\(leading)along: Int..., \(parameters))", axes) {
            pair($0, names[0], names[1], axes.keepsAxes)
          }.with { $0.large = nil })
      }
    }
    return rows
  }

  private static func withErrors(_ rows: [OpCase], _ errors: [OpError]) -> [OpCase] {
    var rows = rows
    rows[0].errors = errors
    return rows
  }

  private static let sums = withErrors(
    rows(
      "sum", list: { $0.sum(along: $1, keepingAxes: $2) },
      single: { $0.sum(along: $1, keepingAxes: $2) },
      pair: { $0.sum(along: $1, $2, keepingAxes: $3) }, whole: { $0.sum() },
      reference: { $0.reduce(0, +) }
    ) {
      // √80 000 rounding errors of partial sums of some hundred.
      $0.largeBound = Bound(relative: 1e-6, absolute: 2e-3)
      $0.exactness = Bound(relative: 1e-13, absolute: 1e-11)
    },
    [
      OpError("sum: axis 3 is out of range for shape [2, 3, 4] of rank 3") {
        _ = Tensor.ones([2, 3, 4]).sum(along: 3)
      },
      OpError("sum: axis -3 is out of range for shape [2, 3] of rank 2") {
        _ = Tensor.ones([2, 3]).sum(along: [-3])
      },
      OpError("sum: axis -2 is named twice") { _ = Tensor.ones([2, 3]).sum(along: 0, -2) },
    ])

  private static let means = withErrors(
    rows(
      "mean", allowsEmpty: false, list: { $0.mean(along: $1, keepingAxes: $2) },
      single: { $0.mean(along: $1, keepingAxes: $2) },
      pair: { $0.mean(along: $1, $2, keepingAxes: $3) }, whole: { $0.mean() },
      reference: { $0.reduce(0, +) / Double($0.count) }
    ) { _ in },
    [
      OpError("mean: not defined for int32") { _ = Tensor([1, 2], dtype: .int32).mean() },
      OpError("mean: axis 1 is out of range for shape [2] of rank 1") {
        _ = Tensor([1, 2]).mean(along: 1)
      },
    ])

  private static let variances: [OpCase] = [1.0, 0].flatMap { (correction: Double) in
    rows(
      "variance", correction == 0 ? "uncorrected " : "",
      parameters: "correction: Double, keepingAxes: Bool", allowsEmpty: false,
      list: {
        correction == 1
          ? $0.variance(along: $1, keepingAxes: $2)
          : $0.variance(along: $1, correction: 0, keepingAxes: $2)
      },
      single: { $0.variance(along: $1, correction: correction, keepingAxes: $2) },
      pair: { $0.variance(along: $1, $2, correction: correction, keepingAxes: $3) },
      whole: { correction == 1 ? $0.variance() : $0.variance(correction: 0) },
      wholeParameters: "correction: Double",
      reference: { variance($0, correction) },
      // The variance of one element is 0/0.
      isDefined: { $0 > Int(correction) }
    ) { _ in }
  }

  private static let deviations: [OpCase] = [1.0, 0].flatMap { (correction: Double) in
    rows(
      "standardDeviation", correction == 0 ? "uncorrected " : "",
      parameters: "correction: Double, keepingAxes: Bool",
      // Equal elements are a kink of the function.
      domain: .distinct, allowsEmpty: false,
      list: {
        correction == 1
          ? $0.standardDeviation(along: $1, keepingAxes: $2)
          : $0.standardDeviation(along: $1, correction: 0, keepingAxes: $2)
      },
      single: { $0.standardDeviation(along: $1, correction: correction, keepingAxes: $2) },
      pair: { $0.standardDeviation(along: $1, $2, correction: correction, keepingAxes: $3) },
      whole: { correction == 1 ? $0.standardDeviation() : $0.standardDeviation(correction: 0) },
      wholeParameters: "correction: Double",
      reference: { variance($0, correction).squareRoot() },
      isDefined: { $0 > Int(correction) }
    ) {
      // Deviations of elements that are close to each other have few significant digits.
      $0.gradientBound = Bound(relative: 1e-5, absolute: 1e-5)
      $0.large = $0.large?.map { Input($0.shape) }
    }
  }

  private static let norms = withErrors(
    norm(.one, "1-", .avoiding([0])) { $0.reduce(0) { $0 + Swift.abs($1) } }
      + norm(.two, "", .avoiding([0])) { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
      + norm(.infinity, "infinity ", .distinct) { $0.reduce(0) { Swift.max($0, Swift.abs($1)) } },
    [
      OpError("norm: not defined for int32") { _ = Tensor([1, 2], dtype: .int32).norm() },
      OpError("norm: axis 1 is out of range for shape [2] of rank 1") {
        _ = Tensor([1, 2]).norm(along: 1)
      },
      OpError("norm: no elements along axis 0 of shape [0]") {
        _ = Tensor.zeros([0]).norm(.infinity)
      },
    ])

  private static func norm(
    _ kind: Tensor.Norm, _ variant: String, _ domain: Input.Domain,
    _ reference: @escaping @Sendable ([Double]) -> Double
  ) -> [OpCase] {
    let isDefault = variant.isEmpty
    let isInfinity = variant.hasPrefix("infinity")
    return rows(
      "norm", variant, leading: "Norm, ", domain: domain, allowsEmpty: !isInfinity,
      list: {
        isDefault
          ? $0.norm(along: $1, keepingAxes: $2) : $0.norm(kind, along: $1, keepingAxes: $2)
      },
      single: { $0.norm(kind, along: $1, keepingAxes: $2) },
      pair: { $0.norm(kind, along: $1, $2, keepingAxes: $3) },
      whole: { isDefault ? $0.norm() : $0.norm(kind) }, wholeParameters: "Norm",
      reference: reference
    ) {
      // √80 000 rounding errors of partial sums of some ten thousand.
      $0.largeBound = isInfinity ? Bound.none : Bound(relative: 1e-5, absolute: 2e-6)
      $0.exactness = Bound(relative: 1e-12, absolute: 1e-14)
    }
  }

  private static let exponentialSums = withErrors(
    rows(
      "logSumExp", list: { $0.logSumExp(along: $1, keepingAxes: $2) },
      single: { $0.logSumExp(along: $1, keepingAxes: $2) },
      pair: { $0.logSumExp(along: $1, $2, keepingAxes: $3) }, whole: { $0.logSumExp() },
      reference: { CLibrary.log($0.reduce(0) { $0 + CLibrary.exp($1) }) }
    ) { _ in },
    [
      OpError("logSumExp: axis 1 is out of range for shape [2] of rank 1") {
        _ = Tensor([1, 2]).logSumExp(along: 1)
      },
      OpError("logSumExp: axis 0 is named twice") {
        _ = Tensor.ones([2, 3]).logSumExp(along: [0, 0])
      },
    ])

  private static let truths: [OpCase] =
    withErrors(
      rows(
        "any", domain: .choice([0, 0, 0, -0.0, 1, .nan]),
        list: { $0.any(along: $1, keepingAxes: $2) },
        single: { $0.any(along: $1, keepingAxes: $2) },
        pair: { $0.any(along: $1, $2, keepingAxes: $3) }, whole: { $0.any() },
        reference: { $0.contains { $0 != 0 } ? 1 : 0 }, truth),
      [
        OpError("any: axis 1 is out of range for shape [2] of rank 1") {
          _ = Tensor([true, false]).any(along: 1)
        }
      ])
    + withErrors(
      rows(
        "all", domain: .choice([1, 2, -1, .nan, 0]),
        list: { $0.all(along: $1, keepingAxes: $2) },
        single: { $0.all(along: $1, keepingAxes: $2) },
        pair: { $0.all(along: $1, $2, keepingAxes: $3) }, whole: { $0.all() },
        reference: { $0.allSatisfy { $0 != 0 } ? 1 : 0 }, truth),
      [
        OpError("all: axis 1 is out of range for shape [2] of rank 1") {
          _ = Tensor([true, false]).all(along: 1)
        }
      ])

  private static func truth(_ op: inout OpCase) {
    op.resultType = .bool
    op.isDifferentiable = false
    op.isLayoutExact = true
    op.bound = .none
    op.exactness = .none
  }

  private static let products = withErrors(
    rows(
      "product", list: { $0.product(along: $1, keepingAxes: $2) },
      single: { $0.product(along: $1, keepingAxes: $2) },
      pair: { $0.product(along: $1, $2, keepingAxes: $3) }, whole: { $0.product() },
      reference: { $0.reduce(1, *) }
    ) {
      // Near 1, so that the product of 80 000 elements neither vanishes nor overflows.
      $0.large = $0.large?.map { Input($0.shape, .range(0.99, 1.01)) }
      $0.largeBound = Bound(relative: 2e-4, absolute: 0)
      $0.exactness = Bound(relative: 1e-11, absolute: 1e-14)
      $0.gradientBound = Bound(relative: 4e-6, absolute: 4e-6)
    },
    [
      OpError("product: axis 1 is out of range for shape [2] of rank 1") {
        _ = Tensor([1, 2]).product(along: 1)
      }
    ])

  private static func variance(_ run: [Double], _ correction: Double) -> Double {
    let mean = run.reduce(0, +) / Double(run.count)
    var squares = 0.0
    for x in run { squares += (x - mean) * (x - mean) }
    return squares / (Double(run.count) - correction)
  }

  private static func extremes(
    _ name: String, _ reference: @escaping @Sendable ([Double]) -> Double
  ) -> [OpCase] {
    let isMax = name == "max"
    return withErrors(
      rows(
        name, domain: .distinct, allowsEmpty: false,
        list: { isMax ? $0.max(along: $1, keepingAxes: $2) : $0.min(along: $1, keepingAxes: $2) },
        single: { isMax ? $0.max(along: $1, keepingAxes: $2) : $0.min(along: $1, keepingAxes: $2) },
        pair: {
          isMax ? $0.max(along: $1, $2, keepingAxes: $3) : $0.min(along: $1, $2, keepingAxes: $3)
        },
        whole: { isMax ? $0.max() : $0.min() }, reference: reference
      ) {
        $0.bound = .none
        $0.exactness = .none
        $0.isLayoutExact = true
      },
      [
        OpError("\(name): no elements along axis 1 of shape [2, 0]") {
          let empty = Tensor.zeros([2, 0])
          _ = isMax ? empty.max(along: 1) : empty.min(along: 1)
        },
        OpError("\(name): axis 2 is out of range for shape [2, 3] of rank 2") {
          let x = Tensor.zeros([2, 3])
          _ = isMax ? x.max(along: 2) : x.min(along: 2)
        },
      ])
  }

  private static let arguments: [OpCase] = ["argmax", "argmin"].flatMap { name in
    let isMax = name == "argmax"
    return [(0, false), (-1, true), (1, false)].map { (axis: Int, keepsAxes: Bool) in
      OpCase(
        name: "\(name) along \(axis)\(keepsAxes ? ", kept" : "")",
        operations: ["\(name)(along: Int, keepingAxes: Bool)"],
        apply: {
          isMax
            ? $0[0].argmax(along: axis, keepingAxes: keepsAxes)
            : $0[0].argmin(along: axis, keepingAxes: keepsAxes)
        },
        reference: {
          $0[0].reduced(along: [axis], keepingAxes: keepsAxes) { run in
            let places = run.indices
            let nan = places.first { run[$0].isNaN }
            // The first of equal elements.
            let extreme = places.dropFirst().reduce(0) {
              (isMax ? run[$1] > run[$0] : run[$1] < run[$0]) ? $1 : $0
            }
            return Double(nan ?? extreme)
          }
        },
        samples: ([[2, 3, 4], [1, 5, 1], [2, 7], [0, 3]] as [Shape]).flatMap { shape in
          (axis == 0 && shape[0] == 0 ? [] : [.choice([-1, 0, 1]), .choice([-1, 1, .nan])])
            .map { [Input(shape, $0)] }
        }, large: [Input(largeCube, .distinct)]
      ).with {
        givesPositions(&$0)
        $0.errors = [
          OpError("\(name): no elements along axis 0 of shape [0, 2]") {
            let empty = Tensor.zeros([0, 2])
            _ = isMax ? empty.argmax(along: 0) : empty.argmin(along: 0)
          }
        ]
      }
    }
  }
}
