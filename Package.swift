// swift-tools-version: 6.2
import PackageDescription

// What `Adjoint` re-exports. Targets that import it through another name them all; otherwise an
// incremental build does not notice when one of them changes.
let library: [Target.Dependency] = [
  "Tensor", "Autograd", "NN", "Optim", "Training", "AdjointCore", "Adjoint",
]

let package = Package(
  name: "Adjoint",
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "Adjoint", targets: ["Adjoint"]),
    .library(name: "AdjointCore", targets: ["AdjointCore"]),
    .executable(name: "train", targets: ["Train"]),
  ],
  targets: [
    .target(name: "CKernels"),
    .target(name: "CLibrary"),
    .target(name: "Tensor", dependencies: ["CKernels", "CLibrary"]),
    .target(name: "Autograd", dependencies: ["CKernels", "Tensor"]),
    .target(name: "NN", dependencies: ["Tensor", "Autograd"]),
    .target(name: "Optim", dependencies: ["CKernels", "CLibrary", "Tensor", "Autograd"]),
    .target(
      name: "Training", dependencies: ["CLibrary", "Tensor", "Autograd", "NN", "Optim"]),
    .target(name: "OpTable", dependencies: ["CLibrary", "Tensor", "Autograd", "NN"]),
    .executableTarget(
      name: "Train",
      dependencies: ["CLibrary", "Tensor", "Autograd", "NN", "Optim", "Training", "OpTable"]),
    .target(name: "AdjointCore", dependencies: ["Tensor", "Autograd", "NN", "Optim"]),
    .target(name: "Adjoint", dependencies: ["AdjointCore", "Training"]),
    .executableTarget(
      name: "Benchmarks", dependencies: library + ["OpTable"], path: "Benchmarks",
      exclude: ["peers", "compare", "operations.txt", "scaling.py"]),
    .target(name: "TestSupport", dependencies: library, path: "Tests/TestSupport"),
    .testTarget(
      name: "TensorTests", dependencies: library + ["TestSupport", "CKernels", "CLibrary"]),
    .testTarget(
      name: "AutogradTests",
      dependencies: library + ["TestSupport", "OpTable", "CKernels", "CLibrary"]),
    .testTarget(name: "NNTests", dependencies: library + ["TestSupport", "OpTable"]),
    .testTarget(name: "OptimTests", dependencies: library + ["TestSupport"]),
    .testTarget(name: "TrainingTests", dependencies: library + ["TestSupport", "OpTable"]),
    .testTarget(name: "TrainTests", dependencies: library + ["Train", "TestSupport"]),
    .testTarget(name: "AdjointTests", dependencies: library),
  ],
  cLanguageStandard: .gnu11
)
