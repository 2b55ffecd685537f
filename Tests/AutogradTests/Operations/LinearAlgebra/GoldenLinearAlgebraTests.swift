import Foundation
import TestSupport
import Testing

/// NumPy's values and PyTorch's gradients; see `make_linear_algebra.py`.
struct GoldenLinearAlgebraTests {
  private static let functions: [String: @Sendable (Tensor) -> Tensor] = [
    "solve": {
      LinearAlgebra.solve($0, Tensor([[0], [1], [2], [3]], dtype: .float64))
    },
    "cholesky": { LinearAlgebra.cholesky($0) },
    "inverse": { LinearAlgebra.inverse($0) },
    "determinant": { LinearAlgebra.determinant($0) },
    "logAbsDeterminant": { LinearAlgebra.logAbsDeterminant($0).logarithm },
    "eigvalsh": { LinearAlgebra.eigvalsh($0) },
    "svdvals": { LinearAlgebra.svdvals($0) },
    "qr.q": { LinearAlgebra.qr($0).q },
    "qr.r": { LinearAlgebra.qr($0).r },
    "wide qr.r": { LinearAlgebra.qr($0).r },
    "pseudoInverse": { LinearAlgebra.pseudoInverse($0) },
    "matrixExponential": { LinearAlgebra.matrixExponential($0) },
    "matrixPower": { LinearAlgebra.matrixPower($0, -3) },
  ]

  @Test func valuesAndGradients() throws {
    let cases = try JSON.fixture("linear-algebra.json")["cases"].list
    #expect(try Set(cases.map { try $0["name"].text }) == Set(Self.functions.keys))
    for row in cases {
      let name = try row["name"].text
      let function = try #require(Self.functions[name])
      let (input, cotangent) = (try row["input"].tensor, try row["cotangent"].tensor)
      expectClose(
        function(input), try row["value"].tensor, relative: 1e-10, absolute: 1e-11, name)
      let slope = gradient(at: input) { (function($0) * cotangent).sum() }
      expectClose(
        slope, try row["slope"].tensor, relative: 1e-8, absolute: 1e-9, "gradient of \(name)")
    }
  }
}
