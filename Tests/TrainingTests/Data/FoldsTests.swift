import TestSupport
import Testing

struct FoldsTests {
  /// The rows, counts, classes and groups of some divisions.
  private static let cases: [(rows: Int, count: Int, classes: Int?, groups: Int?)] = [
    (10, 5, nil, nil), (11, 3, nil, nil), (7, 7, nil, nil), (2, 2, nil, nil), (30, 4, 3, nil),
    (101, 10, 7, nil), (60, 5, nil, 12), (60, 3, 4, 9),
  ]

  @Test(arguments: cases) func eachRowIsForValidationOnce(
    rows: Int, count: Int, classes: Int?, groups: Int?
  ) {
    var generator = RandomGenerator(seed: 1)
    let labels = classes.map { n in (0..<rows).map { _ in generator.integer(below: n) } }
    let members = groups.map { n in (0..<rows).map { $0 % n } }
    let folds = Folds(
      of: rows, count: count, stratifiedBy: labels, groups: members, using: &generator)
    #expect(folds.count == count)
    #expect(folds.flatMap(\.validation).sorted() == Array(0..<rows))
    for fold in folds {
      #expect((fold.training + fold.validation).sorted() == Array(0..<rows))
      #expect(fold.training == fold.training.sorted())
      #expect(!fold.validation.isEmpty && !fold.training.isEmpty)
      if let members {
        let shared = Set(fold.training.map { members[$0] })
          .intersection(fold.validation.map { members[$0] })
        #expect(shared.isEmpty)
      }
    }
    if groups == nil {
      let sizes = folds.map(\.validation.count)
      #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
      for label in Set(labels ?? []) {
        let counts = folds.map { $0.validation.count { labels?[$0] == label } }
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
      }
    }
  }

  @Test func foldsAreRandomAndReproducible() {
    #expect(Folds(of: 50, seed: 3) == Folds(of: 50, seed: 3))
    #expect(Folds(of: 50, seed: 3) != Folds(of: 50, seed: 4))
    #expect(Folds(of: 50)[0].validation != Array(0..<10))
  }

  @Test func groupsBalanceClasses() {
    // Six groups of ten rows, two of each class: a fold gets one of each.
    let groups = (0..<60).map { $0 / 10 }
    let labels = groups.map { ["a", "b", "c"][$0 % 3] }
    for fold in Folds(of: 60, count: 2, stratifiedBy: labels, groups: groups) {
      for label in ["a", "b", "c"] {
        #expect(fold.validation.count { labels[$0] == label } == 10)
      }
    }
  }

  @Test func leaveOneOutValidatesOnOneRow() {
    let folds = Folds.leaveOneOut(of: 5)
    #expect(folds.map(\.validation.count) == [1, 1, 1, 1, 1])
    #expect(Set(folds.map { $0.validation[0] }) == Set(0..<5))
  }

  @Test func orderedFoldsTrainOnThePast() {
    let folds = Folds(orderedRows: 11, count: 3, gap: 1)
    #expect(folds.map(\.training) == [[0, 1, 2, 3], Array(0..<6), Array(0..<8)])
    #expect(folds.map(\.validation) == [[5, 6], [7, 8], [9, 10]])
    let split = DataSplit(orderedRows: 10, validation: 0.25)
    #expect(split.training == Array(0..<7) && split.validation == [7, 8, 9])
  }

  @Test func splitsOfTensors() {
    let x = Tensor.arange(to: 40).reshaped(to: [20, 2])
    let y = Tensor((0..<20).map { Int32($0 % 2) }, shape: [20])
    var generator = RandomGenerator(seed: 1)
    let (training, validation) = split(x, y, validation: 0.3, using: &generator)
    #expect(training.inputs.shape == [14, 2] && validation.inputs.shape == [6, 2])
    #expect(validation.targets.sum().scalar() == 3)
    for part in [training, validation] {
      let rows = part.inputs[.all, 0].scalars(as: Float.self).map { Int32($0 / 2) % 2 }
      #expect(part.targets.scalars(as: Int32.self) == rows)
    }
  }

  @Test func standardizersUseTheGivenRowsAlone() {
    var generator = RandomGenerator(seed: 2)
    var x = generator.normal([20, 3]) * Tensor([1, 100, 0]) + Tensor([5, 1e4, 7])
    let fold = Folds(of: 20, count: 4)[1]
    let scale = Standardizer(fitting: x, rows: fold.training)
    let z = scale.transform(x)
    let (training, _) = fold.examples(z, z)
    expectClose(training.inputs.mean(along: 0), Tensor([0, 0, 0]), relative: 0, absolute: 1e-4)
    expectClose(
      square(training.inputs).mean(along: 0), Tensor([1, 1, 0]), relative: 0, absolute: 1e-4)
    expectClose(scale.inverse(z), x, relative: 0, absolute: 1e-2)
    // Other values in the held-out rows change no statistics.
    var values = x.scalars(as: Float.self)
    for row in fold.validation { for column in 0..<3 { values[3 * row + column] = 1e6 } }
    x = Tensor(values, shape: [20, 3])
    #expect(Standardizer(fitting: x, rows: fold.training) == scale)
    #expect(Standardizer(fitting: x) != scale)
  }

  @Test func channelsShareStatistics() {
    let images = withRandomSeed(1) { Tensor.normal([6, 2, 3, 3]) } * 4 + 1
    let scale = Standardizer(fitting: images, sharedAlong: [2, 3])
    #expect(scale.shape == [2, 1, 1] && scale.means.count == 2)
    expectClose(
      scale.transform(images).mean(along: [0, 2, 3]), Tensor([0, 0]), relative: 0, absolute: 1e-5)
    let targets = Standardizer(fitting: Tensor([1, 2, 3], dtype: .int32))
    #expect(targets.shape == [] && targets.means == [2])
    #expect(targets.transform(Tensor([2, 4], dtype: .int32)).dtype == .float32)
  }

  /// Encoders of a fold do not change with the values of its validation rows.
  @Test(arguments: 0..<4) func tablesDoNotLeak(position: Int) throws {
    func table(changing rows: Set<Int>) throws -> CSVTable {
      let lines = (0..<40).map { row in
        let isChanged = rows.contains(row)
        let size = isChanged ? "1e5" : "\(Double(row * row % 17) + 0.5)"
        let color = isChanged ? "ultraviolet" : ["red", "blue"][row % 2]
        return "\(size),\(color),\(isChanged ? "-1e6" : "\(Double(row) + 0.25)")"
      }
      let text = (["size,color,price"] + lines).joined(separator: "\n")
      return try CSVTable(bytes: Array(text.utf8), file: "t.csv")
    }
    let fold = Folds(of: 40, count: 4)[position]
    let data = try SupervisedData(table: table(changing: []), target: "price", split: fold)
    let changed = try SupervisedData(
      table: table(changing: Set(fold.validation)), target: "price", split: fold)
    #expect(data.encoder == changed.encoder && data.target == changed.target)
    #expect(data.training == changed.training && data.validation != changed.validation)
  }

  @Test func crossValidationTrainsFreshModels() throws {
    var generator = RandomGenerator(seed: 4)
    let x = generator.normal([60, 2]) * 50 + 200
    let y = (x[.all, 0] .> x[.all, 1]).converted(to: .int32)
    let folds = Folds(of: 60, count: 3, stratifiedBy: y.scalars(as: Int32.self))
    var models: [Parameters] = []
    let result = try crossValidate(x, y, folds: folds, standardizing: true) {
      training, validation in
      let model = withRandomSeed(1) { MLP([2, 8, 2]) }
      models.append(model.parameters)
      try fit(model, training.inputs, training.targets, epochs: 60)
      return evaluate(
        model, validation.inputs, validation.targets,
        metrics: ["positive": { output, _ in output.argmax(along: 1).sum().scalar() }])
    }
    #expect(models.count == 3 && result.evaluations.count == 3)
    let accuracy = try #require(result.accuracy)
    #expect(accuracy.mean > 0.85 && accuracy.deviation != nil && result.r2 == nil)
    #expect(result.metrics["positive"] != nil)
    let values = result.evaluations.map(\.loss)
    #expect(result.loss == MeanAndDeviation(values))
    #expect("\(result)".hasSuffix("(3 folds)"))
  }
}
