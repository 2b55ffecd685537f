import Adjoint
import Foundation
import Testing

/// A value in a JSON file of golden values.
package enum JSON: Sendable, Equatable {
  case null
  case truth(Bool)
  case number(Double)
  case text(String)
  case list([JSON])
  case object([String: JSON])

  /// Returns the content of a file in `Tests/Fixtures`.
  package static func fixture(_ name: String) throws -> JSON {
    try JSONDecoder().decode(JSON.self, from: Data(contentsOf: fixtureURL(name)))
  }
}

/// Returns the location of a file in `Tests/Fixtures`.
package func fixtureURL(_ name: String) -> URL {
  packageFolder.appending(path: "Tests/Fixtures/\(name)")
}

/// The folder of the package manifest.
package let packageFolder = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

extension JSON: Decodable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .truth(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSON].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: JSON].self))
    }
  }
}

/// An error about a golden file whose content is not what a test expects.
package struct FixtureError: Error, CustomStringConvertible {
  package let description: String

  package init(description: String) { self.description = description }
}

extension JSON {
  /// The member of an object, or `null` if there is none.
  package subscript(key: String) -> JSON {
    if case .object(let members) = self { return members[key] ?? .null }
    return .null
  }

  package var list: [JSON] {
    get throws {
      guard case .list(let values) = self else { throw unexpected("a list") }
      return values
    }
  }

  package var text: String {
    get throws {
      guard case .text(let value) = self else { throw unexpected("a string") }
      return value
    }
  }

  package var truth: Bool {
    get throws {
      guard case .truth(let value) = self else { throw unexpected("a bool") }
      return value
    }
  }

  /// A number, a bool as 0 or 1, or one of the strings for the numbers that JSON lacks.
  package var number: Double {
    get throws {
      switch self {
      case .number(let value): return value
      case .truth(let value): return value ? 1 : 0
      case .text("nan"): return .nan
      case .text("inf"): return .infinity
      case .text("-inf"): return -.infinity
      default: throw unexpected("a number")
      }
    }
  }

  package var integer: Int {
    get throws {
      guard case .number(let value) = self, let whole = Int(exactly: value) else {
        throw unexpected("an integer")
      }
      return whole
    }
  }

  package var numbers: [Double] { get throws { try list.map { try $0.number } } }
  package var integers: [Int] { get throws { try list.map { try $0.integer } } }

  /// The tensor `{"shape": …, "values": …, "dtype": …}`, float64 by default.
  package var tensor: Tensor {
    get throws {
      let shape = Shape(try self["shape"].integers)
      let values = Tensor(try self["values"].numbers, shape: shape)
      switch self["dtype"] {
      case .null, .text("float64"): return values
      case .text("float32"), .text("float16"), .text("bfloat16"):
        return values.converted(to: .float32)
      case .text("int32"): return values.converted(to: .int32)
      case .text("bool"): return values.converted(to: .bool)
      default: throw unexpected("a dtype")
      }
    }
  }

  private func unexpected(_ what: String) -> FixtureError {
    FixtureError(description: "not \(what): \(self)")
  }
}
