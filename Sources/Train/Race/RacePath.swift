/// The points that an optimizer went through at a learning rate.
struct RacePath: Sendable {
  /// The learning rate.
  let rate: Double
  /// The start and the point after each step; it ends early where the optimizer diverged.
  let points: [SIMD2<Double>]
  /// The value at the last point.
  let value: Double
  /// Whether it left the picture by far, or its numbers were no longer finite.
  let isDiverged: Bool
  /// Whether all points are in the picture.
  let staysInside: Bool
  /// The steps after which it was within the distance of a minimum and stayed there; nil if it was
  /// not at the end.
  let arrival: Int?

  init(
    rate: Double, points: [SIMD2<Double>], value: Double, isDiverged: Bool,
    domain: RaceDomain, minima: [SIMD2<Double>], distance: Double
  ) {
    staysInside = points.allSatisfy { domain.x.contains($0.x) && domain.y.contains($0.y) }
    self.rate = rate
    self.points = points
    self.value = value
    self.isDiverged = isDiverged
    let outside = points.lastIndex { point in
      !minima.contains { minimum in
        let difference = point - minimum
        return (difference * difference).sum() <= distance * distance
      }
    }
    let first = outside.map { $0 + 1 } ?? 0
    arrival = isDiverged || first == points.count ? nil : first
  }

  /// Whether this path is a better one: it arrives, or does not leave the picture, or arrives
  /// earlier, or ends lower.
  func isBetter(than other: RacePath) -> Bool {
    if (arrival == nil) != (other.arrival == nil) { return arrival != nil }
    if isDiverged != other.isDiverged { return other.isDiverged }
    if staysInside != other.staysInside { return staysInside }
    return (arrival ?? 0, value) < (other.arrival ?? 0, other.value)
  }
}
