import TestSupport
import Testing

/// Jacobians, Hessians and products with them.
struct JacobianTests {
  private let x = Tensor([0.5, -1.25, 2], dtype: .float64)

  /// The function y = [x₀x₁, x₁², sin x₂, x₀ + 2x₂].
  private static func mixed(_ x: Tensor) -> Tensor {
    stacked([x[0] * x[1], square(x[1]), sin(x[2]), x[0] + x[2] * 2])
  }

  /// The Jacobian of ``mixed(_:)``, derived by hand.
  private var mixedJacobian: Tensor {
    let cosine = cos(x[2]).scalar()
    return Tensor(
      [-1.25, 0.5, 0, 0, -2.5, 0, 0, 0, cosine, 1, 0, 2], shape: [4, 3]
    ).converted(to: .float64)
  }

  @Test func vectorJacobianProductsAreThoseByHand() {
    let c = Tensor([1, -2, 0.5, 3], dtype: .float64)
    let (value, product) = vectorJacobianProduct(at: x, c, of: Self.mixed)
    expectIdentical(value, Self.mixed(x))
    expectClose(product, matmul(c, mixedJacobian), relative: 1e-15, absolute: 1e-15)
    #expect(value.node == nil && product.node == nil)
  }

  @Test func jacobianVectorProductsAreThoseByHand() {
    let v = Tensor([2, 0.25, -1], dtype: .float64)
    let (value, product) = jacobianVectorProduct(at: x, v, of: Self.mixed)
    expectIdentical(value, Self.mixed(x))
    expectClose(product, matmul(mixedJacobian, v), relative: 1e-15, absolute: 1e-15)
    #expect(value.node == nil && product.node == nil)
  }

  @Test func jacobiansHaveTheShapeOfTheValueAndOfThePoint() {
    expectClose(
      jacobian(at: x, of: Self.mixed), mixedJacobian, relative: 1e-15, absolute: 1e-15)
    // The derivative of a matrix product A·X: ∂Yᵢⱼ/∂Xₖₗ = Aᵢₖ where j = l, else 0.
    let a = Tensor.seeded([2, 3])
    let result = jacobian(at: Tensor.seeded([3, 2], seed: 2)) { matmul(a, $0) }
    #expect(result.shape == [2, 2, 3, 2])
    for i in 0..<2 {
      for j in 0..<2 {
        for k in 0..<3 {
          for l in 0..<2 {
            let expected = j == l ? a[i, k].scalar() : 0
            #expect(result[i, j, k, l].scalar() == expected)
          }
        }
      }
    }
  }

  @Test func jacobiansOfScalarsAndOfNothing() {
    let point = Tensor(3, dtype: .float64)
    expectIdentical(jacobian(at: point) { square($0) }, Tensor(6, dtype: .float64))
    expectIdentical(
      jacobian(at: x) { _ in Tensor(5, dtype: .float64) }.contiguous,
      Tensor.zeros([3], dtype: .float64).contiguous)
    #expect(jacobian(at: x) { $0[3...] }.shape == [0, 3])
    #expect(jacobian(at: Tensor.zeros([0], dtype: .float64)) { $0 * 2 }.shape == [0, 0])
  }

  /// f = x₀²x₁ + e^x₂ x₀, whose second derivatives are [[2x₁, 2x₀, e^x₂], [2x₀, 0, 0], [e^x₂, 0,
  /// e^x₂x₀]].
  private static func cubic(_ x: Tensor) -> Tensor { square(x[0]) * x[1] + exp(x[2]) * x[0] }

  private var cubicHessian: Tensor {
    let e = exp(x[2]).scalar()
    return Tensor([-2.5, 1, e, 1, 0, 0, e, 0, e * 0.5], shape: [3, 3]).converted(to: .float64)
  }

  @Test func hessiansAreThoseByHand() {
    expectClose(hessian(at: x, of: Self.cubic), cubicHessian, relative: 1e-15, absolute: 1e-15)
    // The Hessian of xᵀAx is A + Aᵀ everywhere.
    let a = Tensor.seeded([4, 4])
    let form = hessian(at: Tensor.seeded([4], seed: 2)) { dot($0, matmul(a, $0)) }
    expectClose(form, a + a.transposed(), relative: 1e-15, absolute: 1e-15)
    #expect(hessian(at: Tensor.ones([2, 3], dtype: .float64)) { $0.sum() }.shape == [2, 3, 2, 3])
  }

  @Test func hessianVectorProductsAreThoseByHand() {
    let v = Tensor([2, 0.25, -1], dtype: .float64)
    let product = hessianVectorProduct(at: x, v, of: Self.cubic)
    expectClose(product, matmul(cubicHessian, v), relative: 1e-15, absolute: 1e-15)
    #expect(product.node == nil)
  }

  @Test func productsAreDifferentiableThemselves() {
    // d/dx Σ (cos x · v) = −sin x · v
    let v = Tensor([1, 2, -1], dtype: .float64)
    let slope = gradient(at: x) { x in
      jacobianVectorProduct(at: x, v) { sin($0) }.product.sum()
    }
    expectClose(slope, -sin(x) * v, relative: 1e-15, absolute: 1e-15)
    // d/dx Σ c · 3x² = 6cx
    let cubes = gradient(at: x) { x in
      vectorJacobianProduct(at: x, v) { square($0) * $0 }.product.sum()
    }
    expectClose(cubes, x * v * 6, relative: 1e-15, absolute: 1e-15)
  }

  @Test func shapesThatDoNotFitStopWithAMessage() async {
    let left = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = vectorJacobianProduct(at: Tensor([1, 2]), Tensor([1])) { $0 * 2 }
    }
    expectMessage(
      "vectorJacobianProduct: a cotangent of shape [1] and dtype float32 for a value of shape [2]",
      of: left)
    let right = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = jacobianVectorProduct(at: Tensor([1, 2]), Tensor([1])) { $0 * 2 }
    }
    expectMessage(
      "jacobianVectorProduct: a tangent of shape [1] for a point of shape [2]", of: right)
    let second = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = hessianVectorProduct(at: Tensor([1, 2]), Tensor([1])) { $0.sum() }
    }
    expectMessage(
      "hessianVectorProduct: a vector of shape [1] for a point of shape [2]", of: second)
  }

  @Test func misuseNamesTheFunction() async {
    let integer = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = hessian(at: Tensor([1], dtype: .int32)) { $0.sum() }
    }
    expectMessage("hessian: input 0 is int32", of: integer)
    let value = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = jacobian(at: Tensor([1])) { $0.converted(to: .int32) }
    }
    expectMessage(
      "jacobian: the function's value has shape [1] and dtype int32, but must be floating-point numbers",
      of: value)
    let dtype = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = vectorJacobianProduct(at: [Tensor([1])], Tensor([1], dtype: .float64)) { $0[0] }
    }
    expectMessage(
      "vectorJacobianProduct: a cotangent of shape [1] and dtype float64 for a value of shape [1] and dtype float32",
      of: dtype)
  }

  // MARK: Cotangents

  @Test func cotangentsOfSeveralInputsAndOfParameters() {
    let w = Parameter(Tensor.seeded([3, 4]))
    let parameters = Parameters(["w": w])
    let x = Tensor.seeded([2, 3], seed: 2)
    let c = Tensor.seeded([2, 4], seed: 3)
    let found = vectorJacobianProduct(at: [x, w.value], c) { tanh(matmul($0[0], $0[1])) }
    let slope = c * (1 - square(found.value))
    expectClose(found.products[0], matmul(slope, w.value.transposed()), relative: 1e-13)
    expectClose(found.products[1], matmul(x.transposed(), slope), relative: 1e-13)
    let (value, products) = vectorJacobianProduct(for: parameters, c) {
      #expect(LayerMode.current == .training)
      return tanh(matmul(x, w.value))
    }
    expectIdentical(value, found.value)
    expectIdentical(products[0], found.products[1])
    #expect(value.node == nil && products[0].node == nil)
    // The second derivative, through the cotangent too.
    let report = checkGradients(
      of: { inputs in
        let (y, p) = vectorJacobianProduct(at: [inputs[0], w.value], inputs[1]) {
          tanh(matmul($0[0], $0[1]))
        }
        return square(p[0]).sum() + sin(p[1]).sum() + y.sum()
      }, at: [x, c], order: 2)
    #expect(report.passed && report.count == 14, "\(report)")
    let second = checkGradients(for: parameters) {
      let products = vectorJacobianProduct(for: parameters, c) { tanh(matmul(x, w.value)) }.products
      return square(products[0])
    }
    #expect(second.passed && second.count == 12, "\(second)")
  }

  @Test func aPullbackRunsTheFunctionOnce() {
    var count = 0
    let (value, pullback) = valueWithPullback(at: x) { x in
      count += 1
      return Self.mixed(x)
    }
    expectIdentical(value, Self.mixed(x))
    for i in 0..<4 {
      var unit = Tensor.zeros([4], dtype: .float64)
      unit[i] = Tensor(1, dtype: .float64)
      expectClose(
        pullback(unit), mixedJacobian[i], relative: 1e-15, absolute: 1e-15)
    }
    #expect(count == 1 && value.node == nil)
    count = 0
    _ = jacobian(at: x) { x in
      count += 1
      return Self.mixed(x)
    }
    #expect(count == 1)
    let constant = valueWithPullback(at: x) { _ in Tensor([1, 2]) }
    expectIdentical(
      constant.pullback(Tensor([1, 2])).contiguous, Tensor.zeros([3], dtype: .float64))
    // Differentiable by the point and by the cotangent.
    let report = checkGradients(
      of: { inputs in
        let (value, pullback) = valueWithPullback(at: inputs[0], of: Self.mixed)
        return pullback(inputs[1] * value).sum() + jacobian(at: inputs[0], of: Self.mixed).sum()
      }, at: [x, Tensor.seeded([4])], order: 2)
    #expect(report.passed && report.count == 7, "\(report)")
  }

  @Test func jacobianVectorProductsAreDifferentiable() {
    let report = checkGradients(
      of: { jacobianVectorProduct(at: $0[0], $0[1], of: Self.mixed).product },
      at: [x, Tensor([2, 0.25, -1], dtype: .float64)], order: 2)
    #expect(report.passed && report.count == 6, "\(report)")
  }

  @Test func hessianVectorProductsOfParameters() {
    let w = Parameter(x)
    let b = Parameter(Tensor([0.5], dtype: .float64))
    let unused = Parameter(Tensor([1], dtype: .float64))
    let parameters = Parameters(["w": w, "b": b, "unused": unused])
    let vectors = [Tensor([1, -1, 0.5]), Tensor([2]), Tensor([3])]
    let v = Gradients(vectors.map { $0.converted(to: .float64) }, for: parameters)
    let product = hessianVectorProduct(for: parameters, v) {
      (exp(w.value) * square(b.value)).sum()
    }
    let e = exp(x)
    expectClose(product[w], e * 0.25 * v[0] + e * 2, relative: 1e-14)
    let cross = (e * v[0]).sum() + e.sum() * 4
    expectClose(product[b], cross.reshaped(to: [1]), relative: 1e-14)
    expectIdentical(product[unused].contiguous, Tensor.zeros([1], dtype: .float64))
  }
}
