import TestSupport
import Testing

/// What a trace records of the operations that a function calls.
struct TraceTests {
  private static let x = Tensor([[1, -2, 3], [4, 5, -6]])

  @Test func operationsDependOnEachOtherByTheNumbersOfTheirValues() {
    Trace.run { trace in
      let input = trace.number(of: Self.x)
      let square = Self.x * Self.x
      let sum = square + Self.x
      let operations = trace.operations
      #expect(operations.map(\.name) == ["*", "+"])
      #expect(operations[0].inputs == [input, input])
      #expect(operations[0].outputs == [trace.number(of: square)])
      #expect(operations[1].inputs == [trace.number(of: square), input])
      #expect(operations[1].outputs == [trace.number(of: sum)])
      #expect(operations.allSatisfy { $0.attributes.isEmpty && $0.parts.isEmpty })
      expectIdentical(trace.values[trace.number(of: sum)], sum)
    }
  }

  @Test func whatNoOperationComputedIsAConstant() throws {
    let weight = Tensor([2, 3, 4])
    Trace.run { trace in
      let product = Self.x * weight
      let operation = trace.operations[0]
      let outputs = Set(trace.operations.flatMap(\.outputs))
      #expect(operation.inputs.count == 2 && outputs.isDisjoint(with: operation.inputs))
      expectIdentical(trace.values[operation.inputs[0]], Self.x)
      expectIdentical(trace.values[operation.inputs[1]], weight)
      // A constant has one number, wherever it is used.
      _ = product * weight
      #expect(trace.operations[1].inputs == [operation.outputs[0], operation.inputs[1]])
      // Equal numbers at another place are another constant.
      let other = Tensor([2, 3, 4])
      #expect(trace.number(of: other) != operation.inputs[1])
    }
  }

  @Test func viewsAreValuesOfTheirOwn() {
    Trace.run { trace in
      let input = trace.number(of: Self.x)
      let transposed = Self.x.transposed()
      let again = transposed.transposed()
      let numbers = [input, trace.number(of: transposed), trace.number(of: again)]
      // The second transposition has the place of the input, and is told apart by a copy.
      #expect(Set(numbers).count == 3)
      #expect(trace.operations.map(\.inputs) == [[input], [numbers[1]]])
      #expect(trace.operations.map(\.outputs) == [[numbers[1]], [numbers[2]]])
      expectIdentical(again, Self.x)
    }
  }

  @Test func anOperationThatChangesNothingHasAValueOfItsOwn() {
    Trace.run { trace in
      let input = trace.number(of: Self.x)
      let same = Self.x.reshaped(to: [2, 3])
      #expect(trace.number(of: same) != input)
      #expect(trace.operations.map(\.outputs) == [[trace.number(of: same)]])
      expectIdentical(same, Self.x)
    }
  }

  struct Attributes: Sendable {
    let call: @Sendable (Tensor) -> Tensor
    let name: String
    let attributes: OperationAttributes
  }

  @Test(arguments: [
    Attributes(
      call: { $0.sum(along: -1) }, name: "sum",
      attributes: ["axes": .integers([1]), "keepingAxes": false]),
    Attributes(
      call: { $0.sum(along: [0, 1], keepingAxes: true) }, name: "sum",
      attributes: ["axes": .integers([0, 1]), "keepingAxes": true]),
    Attributes(call: { $0 * 0.25 }, name: "*", attributes: ["number": 0.25]),
    Attributes(call: { 2 - $0 }, name: "-", attributes: ["number": 2.0, "isReversed": true]),
    Attributes(
      call: { $0.converted(to: .int32) }, name: "converted", attributes: ["dtype": "int32"]),
    Attributes(
      call: { concatenated([$0, $0], along: 1) }, name: "concatenated", attributes: ["axis": 1]),
    Attributes(call: { $0.reshaped(to: [3, -1]) }, name: "reshaped", attributes: [:]),
    Attributes(
      call: { $0.permuted([1, 0]) }, name: "permuted", attributes: ["axes": .integers([1, 0])]),
    Attributes(
      call: { einsum("ij->ji", $0) }, name: "einsum", attributes: ["formula": "ij->ji"]),
  ])
  func attributesAreThoseOfTheCall(_ sample: Attributes) {
    Trace.run { trace in
      _ = sample.call(Self.x)
      #expect(trace.operations.map(\.name) == [sample.name])
      #expect(trace.operations.first?.attributes == sample.attributes)
    }
  }

  @Test func aCompositeHasItsOperationsAsParts() {
    let composite = { (x: Tensor) in
      traced("outer", [x], attributes: ["depth": 2]) {
        let inner = traced("inner", [x]) { exp(x) * 2 }
        return inner + x
      }
    }
    Trace.run { trace in
      let y = tanh(composite(Self.x))
      let operations = trace.operations
      #expect(operations.map(\.name) == ["outer", "tanh"])
      #expect(operations[0].attributes == ["depth": 2])
      #expect(operations[0].parts.map(\.name) == ["inner", "+"])
      #expect(operations[0].parts[0].parts.map(\.name) == ["exp", "*"])
      #expect(operations[0].inputs == [trace.number(of: Self.x)])
      // The value of the composite is that of its last part, at each depth.
      #expect(operations[0].outputs == operations[0].parts[1].outputs)
      #expect(operations[0].parts[0].outputs == operations[0].parts[0].parts[1].outputs)
      #expect(operations[1].inputs == operations[0].outputs)
      #expect(operations[1].outputs == [trace.number(of: y)])
    }
  }

  @Test func aCompositeThatReturnsItsInputHasAValueOfItsOwn() {
    Trace.run { trace in
      let y = traced("identity", [Self.x]) { Self.x }
      #expect(trace.number(of: y) != trace.number(of: Self.x))
      #expect(trace.operations.map(\.outputs) == [[trace.number(of: y)]])
    }
  }

  @Test func severalValuesHaveANumberEach() {
    Trace.run { trace in
      let values = tracedTogether("both", [Self.x]) { [Self.x + 1, Self.x * 2, Self.x] }
      let numbers = values.map { trace.number(of: $0) }
      #expect(Set(numbers + [trace.number(of: Self.x)]).count == 4)
      #expect(trace.operations.map(\.outputs) == [numbers])
      #expect(trace.operations[0].parts.map(\.name) == ["+", "*"])
    }
  }

  @Test func aTraceInsideOfAnotherHidesItsOperationsFromIt() {
    Trace.run { outer in
      _ = exp(Self.x)
      Trace.run { inner in
        _ = tanh(Self.x)
        #expect(inner.operations.map(\.name) == ["tanh"])
      }
      _ = sin(Self.x)
      #expect(outer.operations.map(\.name) == ["exp", "sin"])
    }
  }

  @Test func gradientsAreTracedToo() {
    Trace.run { trace in
      let slope = gradient(at: Self.x) { exp($0).sum() }
      let names = trace.operations.map(\.name)
      #expect(names.first == "exp" && names.contains("sum") && names.contains("*"))
      #expect(trace.operations.flatMap(\.outputs).contains(trace.number(of: slope)))
    }
  }

  @Test func otherThreadsAreNotTraced() {
    Trace.run { trace in
      let isRunning = inAnotherThread {
        _ = exp(Self.x)
        return Trace.current != nil
      }
      #expect(isRunning == false && trace.operations.isEmpty)
      _ = tanh(Self.x)
      #expect(trace.operations.map(\.name) == ["tanh"])
    }
  }

  @Test func threadsHaveTracesOfTheirOwn() async {
    await withTaskGroup { group in
      for name in ["exp", "tanh", "sin", "cos"] {
        group.addTask {
          let function = ["exp": exp, "tanh": tanh, "sin": sin, "cos": cos][name] ?? exp
          Trace.run { trace in
            for _ in 0..<200 { _ = function(Self.x) }
            #expect(trace.operations.map(\.name) == Array(repeating: name, count: 200))
          }
        }
      }
    }
  }

  /// The threads that compute a large operation do not record it again.
  @Test func aLargeOperationIsOne() {
    let large = Tensor.ones([1 << 18])
    Trace.run { trace in
      _ = exp(large).sum()
      #expect(trace.operations.map(\.name) == ["exp", "sum"])
    }
  }

  @Test func nothingIsRecordedWithoutATrace() throws {
    let trace = Trace.run { trace in
      _ = exp(Self.x)
      return trace
    }
    #expect(Trace.current == nil)
    _ = tanh(Self.x)
    _ = traced("composite", [Self.x]) { sin(Self.x) }
    #expect(trace.operations.map(\.name) == ["exp"])
    #expect(trace.values.count == 2)
    // A composite without a trace is its body, and its value is not copied.
    let y = traced("identity", [Self.x]) { Self.x }
    #expect(y.storage === Self.x.storage)
  }

  @Test func anErrorEndsTheTrace() {
    struct Failure: Error {}
    #expect(throws: Failure.self) {
      try Trace.run { _ in
        _ = exp(Self.x)
        throw Failure()
      }
    }
    #expect(Trace.current == nil)
  }
}
