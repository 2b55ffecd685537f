// Trains a classifier of points on as many workers as mpirun starts, or on one:
//
//   swift build --package-path Examples
//   mpirun -n 4 Examples/.build/debug/Workers          # each worker goes 20 steps alone (DiLoCo)
//   mpirun -n 4 Examples/.build/debug/Workers gradients # every step is that of the whole batch
//   mpirun -n 4 Examples/.build/debug/Workers stop      # the last worker gives up after 10 steps
//
// Each worker has every n-th example. All of them end with the same weights, which is checked.
import Adjoint
import Foundation

let workers = Workers.current
let averagesGradients = CommandLine.arguments.contains("gradients")
let stops = CommandLine.arguments.contains("stop")

// Two classes of points, inside of a circle and outside; the same on every worker.
let count = 512
let points = withRandomSeed(7) { Tensor.uniform([count, 2], in: -1..<1) }
let classes = (square(points).sum(along: 1) .> 0.5).converted(to: .int32)
let own = Tensor(stride(from: workers.rank, to: count, by: workers.size).map { Int32($0) })
let (x, y) = (points.selected(at: own, along: 0), classes.selected(at: own, along: 0))

// The initial weights differ, until all start from those of worker 0.
let model = withRandomSeed(UInt64(workers.rank)) {
  Sequential {
    Linear(2, 24)
    Tanh()
    Linear(24, 2)
  }
}
let parameters = model.parameters
let inner = AdamW(parameters, learningRate: 0.02)
if averagesGradients { workers.broadcast(parameters) }
let optimizer: any Optimizer =
  averagesGradients ? inner : Lookahead.diLoCo(inner, syncPeriod: 20, across: workers)

for step in 0..<300 {
  if stops, step == 10, workers.rank == workers.size - 1 { Workers.end(status: 70) }
  let (_, gradients) = valueWithGradients(for: parameters) { crossEntropy(model(x), labels: y) }
  let examples = Double(y.elementCount)
  optimizer.step(
    averagesGradients ? workers.mean(of: gradients, weight: examples) : gradients)
}

let weights = optimizer.evaluationWeights.flatMap { $0.scalars(as: Float.self) }
let bytes = weights.withUnsafeBytes { Array($0) }
let all = workers.gather(bytes)
let right = optimizer.withEvaluationWeights { (model(points).argmax(along: 1) .== classes).sum() }
let accuracy = right.scalar() / Double(count)
if workers.rank == 0 {
  print("workers: \(workers.size), accuracy: \(accuracy)")
  print("weights: \(weights.map { "\($0)" }.joined(separator: " "))")
}
if all.contains(where: { $0 != bytes }) || accuracy < 0.95 {
  print("worker \(workers.rank): the weights differ, or are bad")
  Workers.end(status: 1)
}
