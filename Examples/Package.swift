// swift-tools-version: 6.2
import PackageDescription

// A package of its own, as a user's would be: it depends on Adjoint by path.
let package = Package(
  name: "Examples",
  platforms: [.macOS(.v26)],
  dependencies: [.package(name: "Adjoint", path: "..")],
  targets: [
    .executableTarget(name: "XOR", dependencies: [.product(name: "Adjoint", package: "Adjoint")])
  ]
)
