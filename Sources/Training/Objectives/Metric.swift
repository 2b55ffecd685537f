import Tensor

/// A figure of the outputs of a model for targets: a function of all validation outputs and all
/// validation targets.
///
/// ```swift
/// metrics: ["mae": { prediction, target in abs(prediction - target).mean().scalar() }]
/// ```
/// Numeric targets with as many elements as the outputs receive their shape.
public typealias Metric = @Sendable (_ prediction: Tensor, _ target: Tensor) -> Double
