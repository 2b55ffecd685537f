import Adjoint
import Foundation

/// Answers requests with the model of a run on a table, or of a file that `train export` wrote.
///
///     train fit csv --data iris.csv --target species --name iris
///     swift run -c release PredictionServer runs/iris 8080
///     curl --data '{"sepal_length": 5.1, "sepal_width": 3.5, …}' localhost:8080
///
/// Without a port it answers requests on standard input, a JSON object a line.
@main
enum PredictionServer {
  static func main() throws {
    let words = CommandLine.arguments.dropFirst()
    guard let path = words.first else {
      print("usage: PredictionServer RUN [PORT]")
      exit(64)
    }
    let model = try TrainedModel(contentsOf: path)
    if let port = words.dropFirst().first.flatMap({ UInt16($0) }) {
      try serve(model, on: port)
    } else {
      while let line = readLine() { print(answer(line, by: model)) }
    }
  }

  /// The prediction for a JSON object of columns as a JSON object, or an `error`.
  static func answer(_ request: String, by model: TrainedModel) -> String {
    do {
      let prediction = try model.predict(try row(request))
      let probabilities = zip(prediction.classes, prediction.probabilities).map { name, value in
        "\(quoted(name)): \(value)"
      }
      let value = prediction.value.map { "\($0)" } ?? quoted(prediction.label)
      let rest =
        probabilities.isEmpty
        ? "" : ", \"probabilities\": {\(probabilities.joined(separator: ", "))}"
      return "{\"prediction\": \(value)\(rest)}"
    } catch {
      return "{\"error\": \(quoted("\(error)"))}"
    }
  }

  private static func row(_ text: String) throws -> [String: ColumnValue] {
    guard let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    else { throw TrainingError.data("a request is a JSON object of columns") }
    return object.mapValues { value in
      switch value {
      case let text as String: .text(text)
      case let number as NSNumber: .number(number.doubleValue)
      default: .missing
      }
    }
  }

  private static func quoted(_ text: String) -> String {
    let data = try? JSONSerialization.data(withJSONObject: text, options: .fragmentsAllowed)
    return data.map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }

  /// Serves HTTP on the local machine, each connection on a thread of its own: a model does not
  /// change, so threads share it.
  private static func serve(_ model: TrainedModel, on port: UInt16) throws {
    let listener = try Listener(port: port)
    print("listening on port \(port)")
    while true {
      let connection = listener.accept()
      Thread.detachNewThread {
        while let body = connection.nextRequest() {
          connection.respond(answer(body, by: model))
        }
        connection.close()
      }
    }
  }
}
