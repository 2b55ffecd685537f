import Tensor

/// A value of an event: its tag, the plugin that shows it, and its tensor, as the messages
/// `Summary.Value`, `SummaryMetadata` and `TensorProto` of TensorFlow.
struct Summary {
  /// The messages' number of each dtype.
  private enum DType: Int {
    case float = 1
    case double = 2
    case string = 7
  }

  /// The message `Summary`.
  private(set) var message = ProtobufWriter()

  private init(
    _ tag: String, plugin: String, content: [UInt8] = [], _ dtype: DType, shape: [Int],
    _ values: (inout ProtobufWriter) -> Void
  ) {
    message.message(1) { value in
      value.string(1, tag)
      value.message(8) { tensor in
        tensor.integer(1, dtype.rawValue)
        tensor.message(2) { message in
          for size in shape {
            // A size of 0 is the default, which is not written.
            message.message(2) { if size != 0 { $0.integer(1, size) } }
          }
        }
        values(&tensor)
      }
      value.message(9) { metadata in
        metadata.message(1) { data in
          data.string(1, plugin)
          if !content.isEmpty { data.data(2, content) }
        }
      }
    }
  }

  /// A number.
  static func scalar(_ tag: String, _ value: Float) -> Summary {
    Summary(tag, plugin: "scalars", .float, shape: []) {
      $0.data(5, withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) })
    }
  }

  /// The numbers of values in intervals, each a row of the lower end, the upper end and the number.
  static func histogram(_ tag: String, _ rows: [[Double]]) -> Summary {
    Summary(tag, plugin: "histograms", .double, shape: [rows.count, 3]) {
      if !rows.isEmpty { $0.data(4, rows.joined().flatMap(ProtobufWriter.littleEndian)) }
    }
  }

  /// A text, which is shown as Markdown.
  static func text(_ tag: String, _ text: String) -> Summary {
    Summary(tag, plugin: "text", .string, shape: []) { $0.string(8, text) }
  }

  /// An image as a PNG file.
  static func image(_ tag: String, width: Int, height: Int, png: [UInt8]) -> Summary {
    Summary(tag, plugin: "images", .string, shape: [3]) {
      $0.string(8, "\(width)")
      $0.string(8, "\(height)")
      $0.data(8, png)
    }
  }

  /// A message of the plugin that compares hyper-parameters; see ``HyperparameterMessages``.
  static func hyperparameters(_ tag: String, _ content: [UInt8]) -> Summary {
    Summary("_hparams_/\(tag)", plugin: "hparams", content: content, .float, shape: [0]) { _ in }
  }
}

extension ProtobufWriter {
  /// Returns the bits of a number in little-endian order.
  static func littleEndian(_ value: Double) -> [UInt8] {
    withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
  }

  /// Returns a message with one field, a number of 64 bits.
  ///
  /// Messages that are joined are one message with all of their fields.
  static func double(_ field: Int, _ value: Double) -> [UInt8] {
    // Type 1 is that of numbers of 64 bits.
    [UInt8(field << 3 | 1)] + littleEndian(value)
  }
}
