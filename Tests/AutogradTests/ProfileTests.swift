import Foundation
import TestSupport
import Testing

/// Calls, times and bytes by operation, forward and backward apart.
struct ProfileTests {
  private let x = Tensor([[1, 2], [3, 4]])

  private func row(_ operation: String, of profile: Profile) throws -> Profile.Row {
    try #require(profile.rows.first { $0.operation == operation })
  }

  @Test func callsAndBytesAreCounted() throws {
    let profile = profiled {
      _ = exp(x) * 2 + exp(x)
      _ = x .> 1
      _ = x.transposed()
    }
    let exponential = try row("exp", of: profile)
    #expect(exponential.calls == 2 && exponential.bytes == 2 * 32)
    #expect(exponential.backwardCalls == 0 && exponential.time > 0)
    #expect(try row(".>", of: profile).bytes == 16 + 4)
    #expect(try row("transposed", of: profile).bytes == 0)
    #expect(try row("+", of: profile).bytes == 48)
  }

  @Test func pullbacksAreApart() throws {
    let profile = profiled { _ = gradient(at: x) { log($0).sum() } }
    let logarithm = try row("log", of: profile)
    #expect(logarithm.calls == 1 && logarithm.backwardCalls == 1)
    #expect(logarithm.backwardBytes == 32 && logarithm.backwardTime > 0)
    // The division in the pullback of log is its time, not that of a division.
    #expect(!profile.rows.contains { $0.operation == "/" })
  }

  @Test func theTimeOfInnerOperationsIsNotOwnTime() throws {
    let profile = profiled {
      _ = record("outer", x) { x in
        Thread.sleep(forTimeInterval: 0.002)
        return record("inner", x) { x in
          Thread.sleep(forTimeInterval: 0.02)
          return x
        } pullback: { dy, _ in
          dy
        }
      } pullback: { dy, _ in
        dy
      }
    }
    let (outer, inner) = (try row("outer", of: profile), try row("inner", of: profile))
    #expect(outer.time >= 0.022 && inner.ownTime >= 0.02)
    #expect(outer.ownTime >= 0.002 && outer.ownTime <= outer.time - inner.time + 1e-6)
    #expect(profile.rows[0].operation == "inner")
  }

  @Test func onlyTheScopeIsSeen() {
    _ = exp(x)
    let profile = profiled { _ = log(x) }
    _ = exp(x)
    #expect(profile.rows.map(\.operation) == ["log"])
    let outer = profiled {
      _ = sin(x)
      let inner = profiled { _ = cos(x) }
      #expect(inner.rows.map(\.operation) == ["cos"])
    }
    #expect(Set(outer.rows.map(\.operation)) == ["sin", "cos"])
    #expect(profiled {}.rows.isEmpty)
  }

  @Test func updatesInPlaceAreSeen() throws {
    let profile = profiled {
      var y = x * 2
      y += 1
      y[0] = Tensor(3)
    }
    #expect(Set(profile.rows.map(\.operation)).isSuperset(of: ["+=", "assignment"]))
  }

  @Test func theTableHasARowForEachOperation() {
    let table = profiled { _ = gradient(at: x) { exp($0).sum() } }.table
    let lines = table.split(separator: "\n").map(String.init)
    #expect(lines[0].hasPrefix("operation"))
    #expect(lines.contains { $0.hasPrefix("exp ") } && lines.contains { $0.hasPrefix("sum ") })
    #expect(lines.last?.hasPrefix("all ") == true)
    #expect(Set(lines.map(\.count)).count == 1, "the columns are not aligned")
  }

  @Test func theTraceIsOfChromesFormat() throws {
    let profile = profiled { _ = gradient(at: x) { exp($0).sum() } }
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(profile.chromeTrace.utf8)) as? [String: Any])
    let events = try #require(object["traceEvents"] as? [[String: Any]])
    #expect(events.contains { $0["name"] as? String == "exp" && $0["cat"] as? String == "forward" })
    #expect(
      events.contains { $0["name"] as? String == "exp" && $0["cat"] as? String == "backward" })
    for event in events {
      #expect(event["ph"] as? String == "X" && event["pid"] as? Int == 1)
      let (start, duration) = (event["ts"] as? Double, event["dur"] as? Double)
      #expect(try #require(start) >= 0 && #require(duration) >= 0)
    }
    try withTemporaryFolder { folder in
      try profile.writeChromeTrace(to: folder + "/trace.json")
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/trace.json")).count > 100)
    }
  }
}
