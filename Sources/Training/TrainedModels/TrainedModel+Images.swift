import Autograd
import Tensor

extension TrainedModel {
  /// Predicts the class of an image.
  ///
  /// - Parameter image: The pixels, from 0 to 255, of any numeric dtype and one of the shapes
  ///   `[height, width]` and `[channels, height, width]`, with the sizes of the training images.
  /// - Returns: The class, with the probability of each.
  /// - Throws: ``TrainingError`` of kind `data` for an image of other sizes, and a model that does
  ///   not take images.
  public func predict(image: Tensor) throws -> Prediction {
    guard case .image(let channels, let height, let width) = input else {
      throw wrongInput("an image")
    }
    let shape: Shape = [channels, height, width]
    guard image.shape == shape || channels == 1 && image.shape == [height, width] else {
      throw wrongInput("one of shape \(image.shape)")
    }
    return try predict(images: image.reshaped(to: [1, channels, height, width]))[0]
  }

  /// Predicts the classes of several images.
  ///
  /// - Parameter images: The pixels, from 0 to 255, of any numeric dtype and shape
  ///   `[n, channels, height, width]`.
  /// - Returns: One prediction for each image.
  /// - Throws: ``TrainingError`` of kind `data` for images of other sizes, and a model that does
  ///   not take images.
  public func predict(images: Tensor) throws -> [Prediction] {
    guard case .image(let channels, let height, let width) = input else {
      throw wrongInput("images")
    }
    guard images.rank == 4, Shape(images.shape.dropFirst()) == [channels, height, width] else {
      throw wrongInput("images of shape \(images.shape)")
    }
    let scale = description.input.pixels ?? PixelScale(mean: 0, deviation: 1)
    let pixels = images.converted(to: .float32)
    return predictions((pixels - scale.mean) / scale.deviation)
  }
}
