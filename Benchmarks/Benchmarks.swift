import Adjoint
import Foundation

/// Times the same rows as the scripts of the peers; see `Benchmarks/compare`.
@main
enum Benchmarks {
  static func main() {
    var measurement = Measurement()
    var roofline: Roofline?
    var operations: String?
    var precision = MatmulPrecision.float32
    let dtypes: [String: DType] = ["float32": .float32, "float64": .float64]
    var arguments = Array(CommandLine.arguments.dropFirst())
    while !arguments.isEmpty {
      let option = arguments.removeFirst()
      if option == "--roofline" {
        roofline = Roofline()
        continue
      }
      let value = arguments.isEmpty ? nil : arguments.removeFirst()
      switch (option, value) {
      case ("--only", let text?): measurement.only = text
      case ("--operations", let path?):
        operations = try? String(contentsOfFile: path, encoding: .utf8)
        guard let operations else { end("cannot read \(path)", status: 74) }
        let unknown = Operations.unknown(in: operations).joined(separator: ", ")
        if !unknown.isEmpty { end("\(path): unknown operations: \(unknown)", status: 65) }
      case ("--size", let text?) where roofline != nil && Int(text) != nil:
        roofline?.sizes = [Int(text) ?? 0]
      case ("--dtype", let text?) where roofline != nil && dtypes[text] != nil:
        roofline?.dtypes = [dtypes[text] ?? .float32]
      case ("--layout", let text?) where roofline != nil && Roofline.Layout(rawValue: text) != nil:
        roofline?.layouts = [Roofline.Layout(rawValue: text) ?? .contiguous]
      case ("--threads", let text?) where Int(text).map { (1...256).contains($0) } ?? false:
        measurement.threads = Int(text)
      case ("--precision", let text?) where MatmulPrecision(rawValue: text) != nil:
        precision = MatmulPrecision(rawValue: text) ?? precision
      default:
        end(
          """
          usage: Benchmarks [--only TEXT] [--threads N] [--operations FILE]
                            [--precision float32|bf16]
                 Benchmarks --roofline [--only TEXT] [--threads N] [--size ELEMENTS]
                            [--dtype float32|float64] [--layout contiguous|transposed]
          """, status: 64)
      }
    }
    roofline?.only = measurement.only
    withRandomSeed(0) {
      let rows = {
        if let roofline { return run(roofline) }
        run(measurement)
        if let operations { Operations.run(operations, measurement) }
      }
      // Operations are a little slower in a scope.
      let body = { precision == .current ? rows() : withMatmulPrecision(precision, rows) }
      if let threads = measurement.threads { withThreads(threads, body) } else { body() }
    }
  }

  private static func end(_ message: String, status: Int32) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(status)
  }

  private static func run(_ roofline: Roofline) {
    let entries = roofline.entries { name in
      FileHandle.standardError.write(Data("\(name)\n".utf8))
    }
    print(Roofline.table(entries))
  }

  private static func run(_ measurement: Measurement) {
    matrixProducts(measurement)
    elementwise(measurement)
    rows(measurement)
    orders(measurement)
    scans(measurement)
    lookups(measurement)
    overhead(measurement)
    smallModels(measurement)
    predictions(measurement)
    imageModels(measurement)
    sequenceModels(measurement)
    optimizers(measurement)
  }

  private static func matrixProducts(_ measurement: Measurement) {
    for n in [31, 63, 64, 127, 128, 255, 256, 333, 512, 1024, 2048] {
      guard measurement.wants("gemm/\(n)") else { continue }
      let (x, y) = (Tensor.normal([n, n]), Tensor.normal([n, n]))
      let work = 2 * Double(n * n * n) / 1e9
      measurement.row("gemm/\(n)", work: work, unit: "GFLOP/s") { _ = matmul(x, y) }
    }
    if measurement.wants("gemm/768x128x512") {
      let (x, y) = (Tensor.normal([768, 128]), Tensor.normal([128, 512]))
      let work = 2.0 * 768 * 128 * 512 / 1e9
      measurement.row("gemm/768x128x512", work: work, unit: "GFLOP/s") { _ = matmul(x, y) }
    }
  }

  private static func elementwise(_ measurement: Measurement) {
    let operations: [(name: String, bytes: Int, body: (Tensor, Tensor) -> Tensor)] = [
      ("add", 12, { $0 + $1 }), ("exp", 8, { x, _ in exp(x) }), ("tanh", 8, { x, _ in tanh(x) }),
      ("gelu", 8, { x, _ in gelu(x) }), ("sum", 4, { x, _ in x.sum() }),
    ]
    for (tag, count) in [("1M", 1 << 20), ("16M", 1 << 24)] {
      guard operations.contains(where: { measurement.wants("\($0.name)/\(tag)") }) else { continue }
      let (x, y) = (Tensor.normal([count]), Tensor.normal([count]))
      for operation in operations {
        let work = Double(operation.bytes * count) / 1e9
        measurement.row("\(operation.name)/\(tag)", work: work, unit: "GB/s") {
          _ = operation.body(x, y)
        }
      }
    }
  }

  private static func rows(_ measurement: Measurement) {
    if measurement.wants("softmax/4096x1024") {
      let x = Tensor.normal([4096, 1024])
      let work = 8 * Double(x.elementCount) / 1e9
      measurement.row("softmax/4096x1024", work: work, unit: "GB/s") { _ = softmax(x) }
    }
    if measurement.wants("layernorm/4096x1024") {
      let x = Tensor.normal([4096, 1024])
      let (weight, bias) = (Tensor.ones([1024]), Tensor.zeros([1024]))
      let work = 8 * Double(x.elementCount) / 1e9
      measurement.row("layernorm/4096x1024", work: work, unit: "GB/s") {
        _ = layerNorm(x, weight: weight, bias: bias)
      }
    }
    if measurement.wants("transpose-copy/2048") {
      let x = Tensor.normal([2048, 2048])
      let work = 8 * Double(x.elementCount) / 1e9
      measurement.row("transpose-copy/2048", work: work, unit: "GB/s") {
        _ = x.transposed().reshaped(to: [-1])
      }
    }
  }

  /// Sorting, selection, and random orders.
  private static func orders(_ measurement: Measurement) {
    let operations: [(name: String, shape: Shape, body: (Tensor) -> Void)] = [
      ("sort/1M", [1 << 20], { _ = $0.sorted() }),
      ("sort/1024x1024", [1024, 1024], { _ = $0.sorted() }),
      ("sort/100000x8", [100_000, 8], { _ = $0.sorted() }),
      ("argsort/1M", [1 << 20], { _ = $0.argsort() }),
      ("argsort/1024x1024", [1024, 1024], { _ = $0.argsort() }),
      ("topk40/1M", [1 << 20], { _ = $0.topK(40) }),
      ("topk40/50k", [50_000], { _ = $0.topK(40) }),
      ("permutation/1M", [1], { _ in _ = Tensor.permutation(of: 1 << 20) }),
    ]
    for operation in operations where measurement.wants(operation.name) {
      let x = Tensor.normal(operation.shape)
      let count = Double(operation.name.hasPrefix("permutation") ? 1 << 20 : x.elementCount)
      measurement.row(operation.name, work: count / 1e6, unit: "Melement/s") { operation.body(x) }
    }
  }

  private static func scans(_ measurement: Measurement) {
    let layouts: [(tag: String, shape: Shape, axis: Int)] = [
      ("1M", [1 << 20], 0), ("1024x1024-axis0", [1024, 1024], 0),
      ("1024x1024-axis1", [1024, 1024], 1),
    ]
    let operations: [(name: String, body: (Tensor, Int) -> Tensor)] = [
      ("cumsum", { $0.cumulativeSum(along: $1) }),
      ("cumsum-gradient", { x, axis in gradient(at: x) { $0.cumulativeSum(along: axis).sum() } }),
      ("cumprod", { $0.cumulativeProduct(along: $1) }),
    ]
    for (tag, shape, axis) in layouts {
      for (name, body) in operations where measurement.wants("\(name)/\(tag)") {
        let x = Tensor.uniform(shape, in: 0.99..<1.01)
        let work = 8 * Double(x.elementCount) / 1e9
        measurement.row("\(name)/\(tag)", work: work, unit: "GB/s") { _ = body(x, axis) }
      }
    }
  }

  /// Times the gradient of a lookup of 512 rows, which does not depend on the size of the table.
  private static func lookups(_ measurement: Measurement) {
    for (tag, rows) in [("10k", 10_000), ("100k", 100_000), ("1M", 1_000_000)] {
      let name = "embedding-gradient/\(tag)x128"
      guard measurement.wants(name) else { continue }
      let table = Parameter(Tensor.zeros([rows, 128]))
      let positions = (Tensor.uniform([512]) * Double(rows)).converted(to: .int32)
      let parameters = Parameters([("table", table)])
      measurement.row(name, work: 512, unit: "rows/s") {
        _ = valueWithGradients(for: parameters) {
          embedding(table.value, at: positions).sum()
        }
      }
    }
  }

  /// Times the overhead of a recorded operation: a chain of additions of four numbers.
  private static func overhead(_ measurement: Measurement) {
    let (start, one) = (Tensor.normal([4]), Tensor([1, 1, 1, 1]))
    measurement.row("overhead/1000-adds-fwd-bwd", work: 1000 / 1e6, unit: "Mop/s") {
      _ = gradient(at: start) { x in
        var x = x
        for _ in 0..<1000 { x = x + one }
        return x.sum()
      }
    }
  }

  /// One row at a time through the model of a table with 13 columns.
  private static func predictions(_ measurement: Measurement) {
    let name = "predict/table-13-64-64-3"
    guard measurement.wants(name) else { return }
    let names = (0..<13).map { "column\($0)" }
    let lines = (0..<60).map { (row: Int) -> String in
      let values = names.indices.map { (column: Int) -> String in "\(row * (7 + column) % 23)" }
      return values.joined(separator: ",") + ",class\(row % 3)"
    }
    let text = ([names.joined(separator: ",") + ",target"] + lines).joined(separator: "\n")
    do {
      let data = try SupervisedData(
        table: CSVTable(bytes: Array(text.utf8), file: "table"), target: "target", seed: 0)
      let description = try ModelDescription(
        task: "csv", model: ModelExpression("mlp(hidden=64-64, activation=gelu)"), loss: nil,
        input: InputEncoding(data, targetName: "target"))
      let model = try TrainedModel(description, description.makeModel())
      let row = Dictionary(
        uniqueKeysWithValues: names.enumerated().map { ($1, ColumnValue.number(Double($0))) })
      measurement.row(name, work: 1, unit: "rows/s") { _ = try? model.predict(row) }
    } catch {
      FileHandle.standardError.write(Data("\(name): \(error)\n".utf8))
    }
  }

  /// Times the step of an optimizer alone, on ten million parameters in eight tensors.
  private static func optimizers(_ measurement: Measurement) {
    let names = ["optim/adamw-10M", "optim/sgd-momentum-10M"]
    guard names.contains(where: measurement.wants) else { return }
    let count = 1_250_000
    let parameters = Parameters(
      (0..<8).map { ("p\($0)", Parameter(Tensor.normal([count]))) })
    let gradients = Gradients((0..<8).map { _ in Tensor.normal([count]) }, for: parameters)
    let adamW = AdamW(parameters, learningRate: 1e-3)
    measurement.row(names[0], work: 28 * 8 * Double(count) / 1e9, unit: "GB/s", minimumTime: 1) {
      adamW.step(gradients)
    }
    let sgd = SGD(parameters, learningRate: 1e-3, momentum: 0.9)
    measurement.row(names[1], work: 20 * 8 * Double(count) / 1e9, unit: "GB/s", minimumTime: 1) {
      sgd.step(gradients)
    }
  }
}
