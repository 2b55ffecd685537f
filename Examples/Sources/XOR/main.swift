// Trains a network to compute the exclusive or of two bits; exits with an error if it fails.
import Adjoint
import Foundation

let x = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
let y = Tensor([0, 1, 1, 0], dtype: .int32)

let model = withRandomSeed(42) {
  Sequential {
    Linear(2, 16)
    Tanh()
    Linear(16, 2)
  }
}
let parameters = model.parameters
let optimizer = Lookahead(AdamW(parameters, learningRate: 1e-2), syncPeriod: 5, slowStepSize: 0.5)
let schedule = WarmupCosine(peak: 1e-2, warmup: 20, total: 500)

for step in 0..<500 {
  let (loss, gradients) = valueWithGradients(for: parameters) { crossEntropy(model(x), labels: y) }
  optimizer.learningRate = schedule(step)
  optimizer.step(gradients.clipped(toNorm: 1))
  if step % 100 == 0 { print("step \(step): loss \(loss)") }
}

let classes = model(x).argmax(along: 1)
print("classes \(classes), expected \(y)")
if (classes .!= y).sum().scalar() != 0 { exit(1) }
