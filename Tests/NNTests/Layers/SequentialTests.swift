import TestSupport
import Testing

struct SequentialTests {
  @Test func sequentialAppliesItsLayersInOrder() {
    let (first, last) = withRandomSeed(1) { (Linear(2, 3), Linear(3, 1)) }
    let model = Sequential {
      first
      Tanh()
      last
    }
    let x = Tensor.seeded([4, 2], dtype: .float32)
    expectIdentical(model(x), last(tanh(first(x))))
    expectIdentical(Sequential {}(x), x)
    expectIdentical(Sequential([first, Tanh(), last])(x), model(x))
  }

  private static func kinds(_ model: Sequential) -> [String] {
    model.layers.map { "\(type(of: $0))" }
  }

  @Test(arguments: [true, false])
  func builderTakesABareIf(_ isOn: Bool) {
    let model = Sequential {
      Tanh()
      if isOn {
        ReLU()
        GELU()
      }
      Sigmoid()
    }
    #expect(
      Self.kinds(model) == (isOn ? ["Tanh", "ReLU", "GELU", "Sigmoid"] : ["Tanh", "Sigmoid"]))
  }

  @Test(arguments: [true, false])
  func builderTakesAnIfWithElse(_ isOn: Bool) {
    let model = Sequential {
      if isOn {
        ReLU()
      } else {
        GELU()
        Tanh()
      }
    }
    #expect(Self.kinds(model) == (isOn ? ["ReLU"] : ["GELU", "Tanh"]))
  }

  @Test(arguments: [0, 1, 2])
  func builderTakesASwitch(_ choice: Int) {
    let model = Sequential {
      switch choice {
      case 0: ReLU()
      case 1: GELU()
      default: Tanh()
      }
    }
    #expect(Self.kinds(model) == [["ReLU"], ["GELU"], ["Tanh"]][choice])
  }

  @Test(arguments: [0, 1, 3])
  func builderTakesALoop(_ count: Int) {
    let model = Sequential {
      for i in 0..<count {
        Linear(2, 2)
        if i < count - 1 { Tanh() }
      }
    }
    let expected = (0..<count).flatMap { $0 < count - 1 ? ["Linear", "Tanh"] : ["Linear"] }
    #expect(Self.kinds(model) == expected)
    #expect(model.parameters.map(\.name).first == (count > 0 ? "0.weight" : nil))
  }

  @Test func builderTakesAnAvailabilityCheck() {
    let model = Sequential {
      Tanh()
      if #available(macOS 9999, *) { ReLU() }
      if #available(macOS 9999, *) {
        GELU()
      } else {
        Sigmoid()
      }
    }
    // The checks are always true on systems other than macOS.
    #if os(macOS)
      #expect(Self.kinds(model) == ["Tanh", "Sigmoid"])
    #else
      #expect(Self.kinds(model) == ["Tanh", "ReLU", "GELU"])
    #endif
  }

  @Test(arguments: [nil, GELU()]) func builderTakesAnOptionalLayer(_ layer: GELU?) {
    let model = Sequential {
      if let layer { layer }
      Tanh()
    }
    #expect(Self.kinds(model) == (layer == nil ? ["Tanh"] : ["GELU", "Tanh"]))
  }

  @Test func builderTakesAnArrayOfLayers() {
    let rest: [any Layer] = [Tanh(), ReLU()]
    let model = Sequential {
      GELU()
      rest
    }
    #expect(Self.kinds(model) == ["GELU", "Tanh", "ReLU"])
    #expect(Self.kinds(Sequential {}) == [])
  }
}
