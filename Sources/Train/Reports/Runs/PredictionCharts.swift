import Autograd
import CLibrary
import NN
import Tensor
import Training

/// What the best weights of a run predict for the validation examples.
struct PredictionCharts {
  private let data: SupervisedData
  private let decisions: [DecisionMap]
  private let predictions: Predictions
  private let layer: any Layer
  private let loss: ClassificationLoss
  private let featureNames: [String]
  private let evaluation: EvaluationReport?

  private static let mistakeLimit = 12
  private static let columnLimit = 12
  /// The largest number of classes with a matrix of all pairs.
  private static let matrixLimit = 40
  private static let mapLimit = 8

  /// Applies the model of a run to the validation examples.
  init(of run: ReportedRun, _ experiment: Experiment, _ data: SupervisedData) {
    guard let layer = experiment.model as? any Layer else { fail("a model that is not a layer") }
    self.data = data
    self.layer = layer
    decisions = run.decisions
    loss = run.configuration.loss
    evaluation = try? TrainedModel(contentsOf: run.folder.path).evaluate(data.validation)
    predictions = Predictions(of: layer, data, loss)
    featureNames =
      data.encoder?.columns.map(\.name) ?? (0..<data.validation.columns).map { "feature \($0 + 1)" }
  }

  /// What the part is about.
  var note: String {
    let rows = counted(data.validation.rows, "validation example")
    guard case .classes = data.target else {
      return "Of \(rows). Point at a mark to read its values."
    }
    let wrong = predictions.examples.count { !$0.isCorrect }
    let count = wrong == 0 ? "none is" : wrong == 1 ? "1 is" : "\(wrong) are"
    return "Of \(rows), \(count) classified wrongly."
  }

  /// The charts and the worst mistakes.
  var parts: [String?] {
    switch data.target {
    case .classes(let names): [matrix(names), classes, worst]
    case .number: [errors, Page.grid([scatter, function]), worst]
    }
  }

  // MARK: - Classes

  private func matrix(_ names: [String]) -> String? {
    guard let counts = evaluation?.confusion else { return nil }
    let pairs = commonMistakes(counts, names)
    guard names.count <= Self.matrixLimit else { return pairs }
    let totals = counts.map { $0.reduce(0, +) }
    let size = names.count <= 12 ? 34.0 : 16.0
    var map = HeatMap(
      title: "confusion matrix", rows: names, columns: names,
      values: counts.enumerated().map { label, row in
        row.map { count in
          count == 0 ? nil : 0.12 + 0.88 * Double(count) / Double(max(totals[label], 1))
        }
      },
      hints: .cell { label, predicted in
        let count = counts[label][predicted]
        let share = Format.percentage(Double(count) / Double(max(totals[label], 1)))
        return "\(names[label]) classified as \(names[predicted]): \(count) of \(totals[label]),"
          + " \(share)"
      }, cell: (size, size))
    map.style = { $0 == $1 ? "c0" : "c1" }
    map.axes = (rows: "true class", columns: "predicted class")
    if size > 20 { map.texts = counts.map { row in row.map { $0 == 0 ? "" : String($0) } } }
    return [map.figure(), pairs].compactMap(\.self)
      .joined(separator: "\n")
  }

  private func commonMistakes(_ counts: [[Int]], _ names: [String]) -> String? {
    var pairs: [(label: Int, predicted: Int, count: Int)] = []
    for (label, row) in counts.enumerated() {
      for (predicted, count) in row.enumerated() where label != predicted && count > 0 {
        pairs.append((label, predicted, count))
      }
    }
    guard !pairs.isEmpty, names.count > 2 else { return nil }
    pairs.sort { ($1.count, $0.label, $0.predicted) < ($0.count, $1.label, $1.predicted) }
    return Page.details(
      "The most common mistakes",
      [
        Page.table(
          ["true class", "predicted class", "examples"],
          pairs.prefix(Self.mistakeLimit).map {
            [names[$0.label], names[$0.predicted], String($0.count)]
          })
      ])
  }

  /// How well each class is told from the others.
  private var classes: String? {
    guard let classes = evaluation?.classes else { return nil }
    return Page.details(
      "Precision and recall of each class",
      [
        Page.table(
          ["class", "precision", "recall", "F1", "examples"],
          classes.map {
            [
              $0.name, Format.percentage($0.precision), Format.percentage($0.recall),
              Format.percentage($0.f1), String($0.count),
            ]
          })
      ])
  }

  /// The errors of a number in its unit.
  private var errors: String? {
    guard let mean = evaluation?.meanAbsoluteError, let root = evaluation?.rootMeanSquaredError
    else { return nil }
    return "<p>Mean absolute error \(Format.number(mean)), root mean squared error "
      + "\(Format.number(root)).</p>"
  }

  // MARK: - The worst mistakes

  private var worst: String? {
    let wrong = predictions.examples.filter { !$0.isCorrect }
    let isRegression = data.target.kind == .regression
    let candidates = wrong.isEmpty ? predictions.examples : wrong
    let shown = candidates.sorted { ($1.loss, $0.row) < ($0.loss, $1.row) }
      .prefix(Self.mistakeLimit)
    guard !shown.isEmpty else { return nil }
    let heading =
      isRegression
      ? "The largest errors" : wrong.isEmpty ? "The least certain examples" : "The worst mistakes"
    let shape = data.validation.source.shape
    let body: String =
      if data.vocabulary != nil {
        sequences(Array(shown))
      } else if shape.count == 4, [1, 3].contains(shape[1]) {
        images(Array(shown))
      } else {
        rows(Array(shown))
      }
    return "<h3>\(heading)</h3>\n\(body)"
  }

  private func images(_ examples: [Predictions.Example]) -> String {
    let shape = data.validation.source.shape
    let (channels, height, width) = (shape[1], shape[2], shape[3])
    let figures = examples.map { example -> String in
      let values = features(of: example.row)
      let (low, high) = (values.min() ?? 0, values.max() ?? 1)
      let scale = high > low ? 255 / (high - low) : 0
      var pixels: [UInt8] = []
      for pixel in 0..<height * width {
        for channel in 0..<channels {
          let value = values[channel * height * width + pixel]
          pixels.append(value.isFinite ? UInt8(min(max((value - low) * scale, 0), 255)) : 0)
        }
      }
      let image = PNG.dataURI(pixels, width: width, height: height)
      let text = "\(example.truth), predicted \(example.prediction)"
      return """
        <figure><img src="\(image)" alt="\(SVG.escaped(text))" title="\(SVG.escaped(text))"/>\
        <figcaption>\(SVG.escaped(example.truth)) → \(SVG.escaped(example.prediction))\
        </figcaption></figure>
        """
    }
    return Page.grid(figures, class: "tiles") ?? ""
  }

  private func rows(_ examples: [Predictions.Example]) -> String {
    let columns = featureNames.prefix(Self.columnLimit)
    let rest = featureNames.count - columns.count
    let table = Page.table(
      ["true", "predicted"] + columns,
      examples.map { example in
        let values = features(of: example.row)
        let texts =
          data.encoder.map { $0.texts(of: values) } ?? values.map { Format.number(Double($0)) }
        return [example.truth, example.prediction] + texts.prefix(columns.count)
      }, class: "data")
    return table + (rest > 0 ? "<p>\(counted(rest, "more column")) not shown.</p>" : "")
  }

  private func sequences(_ examples: [Predictions.Example]) -> String {
    guard let vocabulary = data.vocabulary else { return "" }
    func text(_ tokens: [Int]) -> [String] {
      tokens.map { TextSamples.visible(vocabulary.text(of: [Int32($0)])) }
    }
    let isSequence = if case .sequences = data.validation.targets { true } else { false }
    let cells = examples.map { example -> [String] in
      let tokens = data.validation.source.rows(at: [example.row])
      let input = text([Int](tokens.reshaped(to: [tokens.elementCount]))).joined()
      guard isSequence else {
        return [
          "<th scope=\"row\"><code>\(SVG.escaped(input))</code></th>",
          "<td>\(SVG.escaped(example.truth))</td>", "<td>\(SVG.escaped(example.prediction))</td>",
        ]
      }
      let (truth, predicted) = (text(example.labels), text(example.predicted))
      let marked = zip(truth, predicted).map { a, b in
        a == b ? SVG.escaped(b) : "<mark>\(SVG.escaped(b))</mark>"
      }
      return [
        "<th scope=\"row\"><code>\(SVG.escaped(input))</code></th>",
        "<td><code>\(SVG.escaped(truth.joined()))</code></td>",
        "<td><code>\(marked.joined())</code></td>",
      ]
    }
    return Page.table(["sequence", "true", "predicted"], cells, ofCells: "words")
  }

  private func features(of row: Int) -> [Float] {
    data.validation.source.rows(at: [row]).scalars(as: Float.self)
  }

  // MARK: - Numbers

  private var scatter: String? {
    var plot = LinePlot(
      title: "predicted against true", horizontal: "true", quantity: "predicted",
      scale: .linear,
      curves: [
        .init(
          name: "predicted",
          points: LayerCharts.spread(predictions.examples, to: 400).map { ($0.value, $0.output) })
      ])
    plot.marks = [0]
    plot.hasDiagonal = true
    return plot.curves.isEmpty ? nil : plot.figure()
  }

  /// A function of one feature, with validation points.
  private var function: String? {
    guard data.validation.columns == 1, case .number = data.target,
      data.validation.source.dtype != .int32
    else { return nil }
    let features = data.validation.features
    guard let low = features.min(), let high = features.max(), low < high else { return nil }
    let grid = (0...200).map { low + (high - low) * Float($0) / 200 }
    let outputs = layer(Tensor(grid, shape: [grid.count, 1])).scalars(as: Double.self)
    func place(_ feature: Float) -> Double {
      guard let column = data.encoder?.columns.first,
        case .number(let mean, let deviation, _, let logarithm) = column.encoding
      else { return Double(feature) }
      let number = Double(feature) * deviation + mean
      return logarithm?.inverse(number) ?? number
    }
    var plot = LinePlot(
      title: "the function", horizontal: featureNames[0], quantity: "value", scale: .linear,
      curves: [
        .init(
          name: "model",
          points: zip(grid, outputs).map { (place($0), data.target.number(ofStandardized: $1)) }),
        .init(
          name: "examples",
          points: LayerCharts.spread(predictions.examples, to: 200).map {
            (place(features[$0.row]), $0.value)
          }),
      ])
    plot.marks = [1]
    return plot.figure()
  }

  // MARK: - Decisions

  /// What the maps show.
  var decisionNote: String {
    let axes = "\(featureNames[0]) to the right, \(featureNames.last ?? "") upward"
    return data.target.kind == .classification
      ? "Where the model decides for which class, after some of the steps, with validation points: "
        + "\(axes)."
      : "The predicted number after some of the steps, the darker the larger: \(axes)."
  }

  /// A strip of maps at steps of the training, and of the best weights.
  var decisionMaps: String? {
    guard let final = DecisionMap(after: 0, of: layer, on: data, loss) else { return nil }
    let shown = LayerCharts.spread(decisions, to: Self.mapLimit - 1)
    let figures =
      shown.map { $0.figure(on: data, title: "step \($0.step)") }
      + [final.figure(on: data, title: "best weights")]
    return Page.grid(figures, class: "tiles").map { (DecisionMap.legend(data) ?? "") + $0 }
  }
}
