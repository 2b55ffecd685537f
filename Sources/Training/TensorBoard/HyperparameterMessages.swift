import Tensor

/// The messages of TensorBoard's plugin for hyper-parameters.
enum HyperparameterMessages {
  /// Which hyper-parameters there are, and by which metrics runs are compared.
  static func experiment(
    _ values: [(name: String, value: Hyperparameter)], metrics: [String], time: Double
  ) -> [UInt8] {
    var rest = ProtobufWriter()
    for (name, value) in values {
      rest.message(4) {
        $0.string(1, name)
        $0.integer(4, value.typeNumber)
      }
    }
    for metric in metrics {
      rest.message(5) { info in
        info.message(1) { $0.string(2, metric) }
      }
    }
    return wrapped(2, ProtobufWriter.double(3, time) + rest.bytes)
  }

  /// The values of a run that begins.
  static func start(
    _ values: [(name: String, value: Hyperparameter)], time: Double
  ) -> [UInt8] {
    var message = ProtobufWriter()
    for (name, value) in values {
      message.message(1) { entry in
        entry.string(1, name)
        entry.data(2, value.message)
      }
    }
    return wrapped(3, message.bytes + ProtobufWriter.double(5, time))
  }

  /// The end of a run.
  static func end(isSuccessful: Bool, time: Double) -> [UInt8] {
    var message = ProtobufWriter()
    message.integer(1, isSuccessful ? 1 : 2)
    return wrapped(4, message.bytes + ProtobufWriter.double(2, time))
  }

  private static func wrapped(_ field: Int, _ content: [UInt8]) -> [UInt8] {
    var message = ProtobufWriter()
    message.data(field, content)
    return message.bytes
  }
}

/// The value of a hyper-parameter in TensorBoard.
public enum Hyperparameter: Sendable, Equatable {
  /// A number.
  case number(Double)
  /// A text.
  case text(String)
  /// A truth value.
  case flag(Bool)

  /// The number of the type: text, truth value, float64.
  var typeNumber: Int {
    switch self {
    case .text: 1
    case .flag: 2
    case .number: 3
    }
  }

  /// The message `google.protobuf.Value`.
  var message: [UInt8] {
    var writer = ProtobufWriter()
    switch self {
    case .number(let number): return ProtobufWriter.double(2, number)
    case .text(let text): writer.string(3, text)
    case .flag(let flag): writer.integer(4, flag ? 1 : 0)
    }
    return writer.bytes
  }
}
