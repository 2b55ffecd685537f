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
      "vectorJacobianProduct: a cotangent of shape [1] for a value of shape [2]", of: left)
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
}
