// swift-tools-version: 6.2
import PackageDescription

// A separate package that depends on Adjoint by path, as a user's package would.
let package = Package(
  name: "Examples",
  platforms: [.macOS(.v26)],
  dependencies: [.package(name: "Adjoint", path: "..")],
  targets: [
    .executableTarget(name: "XOR", dependencies: [.product(name: "Adjoint", package: "Adjoint")]),
    .executableTarget(
      name: "PredictionServer", dependencies: [.product(name: "Adjoint", package: "Adjoint")]),
    .executableTarget(
      name: "Workers", dependencies: [.product(name: "Adjoint", package: "Adjoint")]),
  ]
)
