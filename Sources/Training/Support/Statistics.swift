/// Returns the mean and the population standard deviation, without overflow for any finite values.
package func meanAndDeviation(_ values: [Double]) -> (mean: Double, deviation: Double) {
  let scale = values.reduce(0) { max($0, $1.magnitude) }
  guard scale > 0, let first = values.first else { return (0, 0) }
  // Rounding of the mean must not give a constant column a deviation.
  guard values.contains(where: { $0 != first }) else { return (first, 0) }
  let count = Double(values.count)
  let mean = values.reduce(0) { $0 + $1 / scale } / count
  let variance = values.reduce(0) { $0 + ($1 / scale - mean) * ($1 / scale - mean) } / count
  return (mean * scale, variance.squareRoot() * scale)
}
