// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Adjoint",
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "Adjoint", targets: ["Adjoint"]),
    .executable(name: "train", targets: ["Train"]),
  ],
  targets: [
    .target(name: "CKernels"),
    .target(name: "Tensor", dependencies: ["CKernels"]),
    .target(name: "Autograd", dependencies: ["Tensor"]),
    .target(name: "NN", dependencies: ["Autograd"]),
    .target(name: "Optim", dependencies: ["Autograd"]),
    .target(name: "Training", dependencies: ["NN", "Optim"]),
    .target(name: "OpTable", dependencies: ["Autograd"]),
    .executableTarget(name: "Train", dependencies: ["Training", "OpTable"]),
    .target(name: "Adjoint", dependencies: ["Training"]),
    .executableTarget(
      name: "Benchmarks", dependencies: ["Adjoint"], path: "Benchmarks",
      exclude: ["peers", "compare"]),
    .target(name: "TestSupport", dependencies: ["Adjoint"], path: "Tests/TestSupport"),
    .testTarget(name: "TensorTests", dependencies: ["TestSupport", "CKernels"]),
    .testTarget(name: "AutogradTests", dependencies: ["TestSupport", "OpTable"]),
    .testTarget(name: "NNTests", dependencies: ["TestSupport"]),
    .testTarget(name: "OptimTests", dependencies: ["TestSupport"]),
    .testTarget(name: "TrainingTests", dependencies: ["TestSupport"]),
    .testTarget(name: "AdjointTests", dependencies: ["Adjoint"]),
  ],
  cLanguageStandard: .gnu11
)
