@preconcurrency import CLibrary
import Synchronization
import Tensor

/// Where the time of a program goes: calls, time and bytes by operation, forward and backward
/// apart.
///
/// ```swift
/// let profile = profiled { train(steps: 100) }
/// print(profile.table)
/// try profile.writeChromeTrace(to: "step.json")   // opens in Perfetto or chrome://tracing
/// ```
/// Any program prints the table of its whole run to standard error at its exit if the environment
/// has `ADJOINT_PROFILE=1`, and with `ADJOINT_PROFILE=FILE.json` also writes the Chrome trace.
///
/// The time of a pullback, with all operations in it, counts as backward time of its operation. In
/// the forward part, an operation that calls others has their time in its total but not in its own
/// time. Bytes are those of the inputs and the value, and 0 for a view, which moves nothing.
public final class Profile: Sendable {
  /// The part of an operation that is timed.
  enum Part { case value, pullback }

  /// The sums over all calls of an operation.
  public struct Row: Sendable {
    /// The name of the operation.
    public let operation: String
    /// The number of forward computations.
    public internal(set) var calls = 0
    /// The forward time in seconds.
    public internal(set) var time = 0.0
    /// The forward time in seconds without that of the operations that the operation called.
    public internal(set) var ownTime = 0.0
    /// The bytes that forward computations read and wrote.
    public internal(set) var bytes = 0
    /// The number of pullbacks.
    public internal(set) var backwardCalls = 0
    /// The backward time in seconds.
    public internal(set) var backwardTime = 0.0
    /// The bytes of the gradients that pullbacks read and returned.
    public internal(set) var backwardBytes = 0

    /// The forward and backward time that is not that of other operations, in seconds.
    public var totalTime: Double { ownTime + backwardTime }
  }

  private struct Call {
    let part: Part
    let start: UInt64
    /// The nanoseconds of the calls inside.
    var inner: UInt64 = 0
    /// Whether a pullback around it has its time.
    let isInPullback: Bool
  }

  private struct Event {
    let operation: StaticString
    let part: Part
    let thread: UInt
    let start: UInt64
    let duration: UInt64
    let bytes: Int
  }

  private struct State {
    /// The calls that have begun and not ended, by thread.
    var open: [UInt: [Call]] = [:]
    var rows: [String: Row] = [:]
    var events: [Event] = []
    var isComplete = true
  }

  /// The most events of a trace; later ones are in the table alone.
  ///
  /// A million take 64 MB.
  private static let eventLimit = 1_000_000

  @TaskLocal private static var scoped: Profile?

  private let state = Mutex(State())
  private let keepsEvents: Bool
  private let start = Profile.now

  /// The profile of the scope around, which sees the same operations.
  private let outer: Profile?

  private init(keepsEvents: Bool, inside outer: Profile? = nil) {
    self.keepsEvents = keepsEvents
    self.outer = outer
  }

  /// The time in nanoseconds.
  private static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  private static var thread: UInt {
    #if canImport(Glibc)
      pthread_self()
    #else
      UInt(bitPattern: pthread_self())
    #endif
  }

  /// Calls `body` with the profiles that watch the current task.
  static func forEachCurrent(_ body: (Profile) -> Void) {
    if let ofProcess { body(ofProcess) }
    var profile = scoped
    while let current = profile {
      body(current)
      profile = current.outer
    }
  }

  func begin(_ part: Part) {
    let thread = Self.thread
    state.withLock {
      let isInPullback = $0.open[thread]?.last.map { $0.isInPullback || $0.part == .pullback }
      $0.open[thread, default: []].append(
        Call(part: part, start: Self.now, isInPullback: isInPullback ?? false))
    }
  }

  func end(_ operation: StaticString, bytes: Int) {
    let (thread, end) = (Self.thread, Self.now)
    state.withLock { state in
      // The scope may have been opened inside of the operation.
      guard let call = state.open[thread]?.popLast() else { return }
      let duration = end - call.start
      if let last = state.open[thread]?.indices.last { state.open[thread]?[last].inner += duration }
      if keepsEvents {
        if state.events.count < Self.eventLimit {
          state.events.append(
            Event(
              operation: operation, part: call.part, thread: thread, start: call.start,
              duration: duration, bytes: bytes))
        } else {
          state.isComplete = false
        }
      }
      if call.isInPullback { return }
      let name = "\(operation)"
      var row = state.rows[name] ?? Row(operation: name)
      switch call.part {
      case .value:
        row.calls += 1
        row.time += Double(duration) * 1e-9
        row.ownTime += Double(duration - min(call.inner, duration)) * 1e-9
        row.bytes += bytes
      case .pullback:
        row.backwardCalls += 1
        row.backwardTime += Double(duration) * 1e-9
        row.backwardBytes += bytes
      }
      state.rows[name] = row
    }
  }

  fileprivate static func run(_ body: () throws -> Void) rethrows -> Profile {
    let profile = Profile(keepsEvents: true, inside: scoped)
    try Observation.withOpenScope { try $scoped.withValue(profile, operation: body) }
    return profile
  }
}

/// Runs `body` and returns where its time went.
///
/// Only operations of the current task are seen, not those of threads that `body` starts. Profiles
/// can be nested; each sees all operations in it.
/// - Complexity: Some 200 ns for each operation, and 64 bytes.
public func profiled(_ body: () throws -> Void) rethrows -> Profile {
  try Profile.run(body)
}

// MARK: - The process

extension Profile {
  /// The profile of the whole process, or `nil` without `ADJOINT_PROFILE`.
  static let ofProcess: Profile? = {
    guard let path = environmentPath else { return nil }
    atexit { Profile.finishProcess() }
    return Profile(keepsEvents: path.hasSuffix(".json"))
  }()

  /// The value of `ADJOINT_PROFILE`, or `nil` if it is unset, empty or 0.
  private static var environmentPath: String? {
    let value = getenv("ADJOINT_PROFILE").map { String(cString: $0) } ?? ""
    return value.isEmpty || value == "0" ? nil : value
  }

  private static func finishProcess() {
    guard let profile = ofProcess, let path = environmentPath else { return }
    fputs(profile.table + "\n", stderr)
    if !profile.keepsEvents { return }
    do {
      try profile.writeChromeTrace(to: path)
      fputs("Chrome trace: \(path)\n", stderr)
    } catch {
      fputs("error: \(error)\n", stderr)
    }
  }
}

// MARK: - Reports

extension Profile {
  /// The sums for each operation, those that took the most time first.
  public var rows: [Row] {
    state.withLock {
      $0.rows.values.sorted { ($1.totalTime, $0.operation) < ($0.totalTime, $1.operation) }
    }
  }

  /// A table of the operations, those that took the most time first, with their forward and
  /// backward calls, times in milliseconds and megabytes.
  ///
  /// The column `own` is the time of the forward part without that of operations that it called,
  /// and `share` is that of own and backward time in all.
  public var table: String {
    let rows = rows
    let total = rows.reduce(0) { $0 + $1.totalTime }
    var cells = [
      ["operation", "calls", "ms", "own", "MB", "backward", "ms", "MB", "share"]
    ]
    func text(_ number: Double, _ places: Int) -> String { fixed(number, places) }
    func line(_ row: Row) -> [String] {
      [
        row.operation, "\(row.calls)", text(row.time * 1e3, 3), text(row.ownTime * 1e3, 3),
        text(Double(row.bytes) / 1e6, 2), "\(row.backwardCalls)", text(row.backwardTime * 1e3, 3),
        text(Double(row.backwardBytes) / 1e6, 2),
        total > 0 ? text(row.totalTime / total * 100, 1) + " %" : "",
      ]
    }
    cells += rows.map(line)
    var sum = Row(operation: "all")
    for row in rows {
      sum.calls += row.calls
      sum.time += row.ownTime
      sum.ownTime += row.ownTime
      sum.bytes += row.bytes
      sum.backwardCalls += row.backwardCalls
      sum.backwardTime += row.backwardTime
      sum.backwardBytes += row.backwardBytes
    }
    cells.append(line(sum))
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.map { line in
      line.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - line[column].count)
        return column == 0 ? line[column] + padding : padding + line[column]
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// The calls as JSON in Chrome's trace event format, which Perfetto (ui.perfetto.dev) and
  /// chrome://tracing open; times are in microseconds since the start of the profile.
  ///
  /// It has the first million calls. Pullbacks are of the category `backward`, and the operations
  /// in them are shown below them.
  public var chromeTrace: String {
    let (events, isComplete) = state.withLock { ($0.events, $0.isComplete) }
    var threads = [UInt: Int]()
    var names = [String: String]()
    var lines = [String]()
    lines.reserveCapacity(events.count)
    for event in events {
      let thread = threads[event.thread, default: threads.count + 1]
      threads[event.thread] = thread
      let name = "\(event.operation)"
      let literal = names[name] ?? jsonLiteral(name)
      names[name] = literal
      lines.append(
        """
        {"name":\(literal),"cat":"\(event.part == .value ? "forward" : "backward")","ph":"X",\
        "ts":\(microseconds(event.start - min(start, event.start))),\
        "dur":\(microseconds(event.duration)),"pid":1,"tid":\(thread),\
        "args":{"bytes":\(event.bytes)}}
        """)
    }
    return """
      {"displayTimeUnit":"ns","otherData":{"complete":\(isComplete)},"traceEvents":[
      \(lines.joined(separator: ",\n"))
      ]}

      """
  }

  /// Writes ``chromeTrace`` to a file.
  public func writeChromeTrace(to path: String) throws(TensorFileError) {
    try writeFile(path, Array(chromeTrace.utf8))
  }

  private func microseconds(_ nanoseconds: UInt64) -> String {
    let rest = String(nanoseconds % 1000)
    return "\(nanoseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }

  private func fixed(_ number: Double, _ places: Int) -> String {
    let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
    let units = Int((number * Double(scale)).rounded())
    let rest = String(units % scale)
    return "\(units / scale)." + String(repeating: "0", count: places - rest.count) + rest
  }
}
