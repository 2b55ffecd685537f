import CLibrary
import Tensor

/// Writes what TensorBoard shows: numbers over the steps, histograms, texts, images, and
/// hyper-parameters with their metrics.
///
/// ```swift
/// let board = try TensorBoardWriter("logs/run-1")
/// for step in 0..<1000 {
///   …
///   try board.scalar("loss/train", loss, step: step)
///   if step % 100 == 0 { try board.histogram("weights", model.weight.value, step: step) }
/// }
/// ```
/// `tensorboard --logdir logs` then shows every folder in `logs` as a run. A tag with a slash, such
/// as `loss/train`, stands in a section of its own.
///
/// Each writer creates a new file of events in its folder. An event is written at once, so that
/// TensorBoard can follow a run.
public final class TensorBoardWriter {
  /// The path of the file of events.
  public let path: String

  /// The open file, or -1.
  private var descriptor: Int32
  private let clock: () -> Double

  /// Creates a file of events in a folder, and the folder if it does not exist.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` if it cannot be created.
  public convenience init(_ folder: String) throws { try self.init(folder, clock: Self.now) }

  /// Creates a file of events, whose times are those of a clock.
  init(_ folder: String, clock: @escaping () -> Double) throws {
    self.clock = clock
    let folder = try RunFolder.makeFolder(folder, prefix: "", replacing: [])
    // TensorBoard reads the files of a folder in the order of their names.
    let last = FileAccess.names(in: folder).compactMap(Self.time(of:)).max() ?? 0
    let time = max(Int(clock()), last + 1)
    var (number, opened, path) = (0, Int32(-1), "")
    repeat {
      path = "\(folder)/\(Self.prefix)\(time).\(Self.hostName).\(getpid()).\(number)"
      opened = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
      number += 1
    } while opened < 0 && errno == EEXIST
    guard opened >= 0 else {
      throw TrainingError.inputOutput("\(path): cannot be written: \(FileAccess.systemErrorText)")
    }
    self.path = path
    descriptor = opened
    try FileAccess.synchronizeName(of: path)
    var version = ProtobufWriter()
    version.string(3, "brain.Event:2")
    try write(version.bytes)
  }

  deinit { if descriptor >= 0 { CLibrary.close(descriptor) } }

  /// Writes the file to the disk and closes it, so that nothing can be written after.
  ///
  /// A writer that goes out of scope closes its file too, but cannot say that this failed.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` if the file may not be on the disk.
  public func close() throws {
    let descriptor = descriptor
    self.descriptor = -1
    do { try finishFile(descriptor) } catch { throw TrainingError.inputOutput("\(path): \(error)") }
  }

  /// Writes that a session begins with a step: TensorBoard no longer shows what earlier files in
  /// the folder have of this step and later ones.
  ///
  /// - Parameter step: The number of the first step that the session writes; 0 for a run from its
  ///   start.
  /// - Throws: ``TrainingError`` of kind `inputOutput`.
  public func begin(atStep step: Int) throws {
    var event = ProtobufWriter()
    if step != 0 { event.integer(2, step) }
    // The message `SessionLog` with the status `START`.
    event.message(7) { $0.integer(1, 1) }
    try write(event.bytes)
  }

  /// Writes a number, in the precision of float32.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput`, as do all methods that write.
  public func scalar(_ tag: String, _ value: Double, step: Int) throws {
    try write(.scalar(tag, Float(value)), step: step)
  }

  /// Writes how the elements of a tensor are distributed.
  ///
  /// The intervals are of equal width, from the lowest element to the highest. NaN and infinity are
  /// left out. If all elements are equal, the last interval holds them.
  public func histogram(_ tag: String, _ values: Tensor, step: Int, buckets: Int = 30) throws {
    require(buckets > 0, "histogram: the number of buckets must be at least 1, got \(buckets)")
    try write(.histogram(tag, Self.histogram(values, buckets)), step: step)
  }

  /// Writes a histogram that was counted before; one without values is left out.
  public func histogram(_ tag: String, _ histogram: Histogram, step: Int) throws {
    if histogram.counts.isEmpty { return }
    let rows = Self.rows(histogram.low, histogram.high, histogram.counts.map(Double.init))
    try write(.histogram(tag, rows), step: step)
  }

  /// Writes a text, which TensorBoard shows as Markdown.
  public func text(_ tag: String, _ text: String, step: Int) throws {
    try write(.text(tag, text), step: step)
  }

  /// Writes an image of shape `[height, width]`, `[1, height, width]` for gray, or
  /// `[3, height, width]` for red, green and blue.
  ///
  /// Floating-point elements are from 0, black, to 1, those of other dtypes from 0 to 255; what is
  /// outside is clamped.
  public func image(_ tag: String, _ pixels: Tensor, step: Int) throws {
    let shape = pixels.shape
    require(
      shape.rank == 2 || shape.rank == 3 && (shape[0] == 1 || shape[0] == 3),
      "image: shape \(shape) is not [height, width], [1, height, width] or [3, height, width]")
    let (height, width) = (shape[shape.rank - 2], shape[shape.rank - 1])
    require(height > 0 && width > 0, "image: shape \(shape) has no pixels")
    let scale = pixels.dtype.isFloatingPoint ? 255.0 : 1
    // Each pixel holds its channels, from a layout in which each channel holds its pixels.
    let planes = pixels.converted(to: .float64).scalars(as: Double.self)
    let size = height * width
    let bytes = (0..<planes.count).map { index -> UInt8 in
      let channels = planes.count / size
      let value = planes[index % channels * size + index / channels] * scale
      return value.isNaN ? 0 : UInt8(min(max(value.rounded(), 0), 255))
    }
    let png = PNG.encoded(bytes, width: width, height: height)
    try write(.image(tag, width: width, height: height, png: png), step: step)
  }

  /// Writes the hyper-parameters of a run, for TensorBoard's table of runs.
  ///
  /// - Parameters:
  ///   - values: The hyper-parameters by name.
  ///   - metrics: The tags of the scalars by which runs are compared, whose last values the table
  ///     shows.
  /// - Throws: ``TrainingError`` of kind `inputOutput`.
  public func hyperparameters(_ values: [String: Hyperparameter], metrics: [String]) throws {
    let sorted = values.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    let time = clock()
    try write(
      .hyperparameters(
        "experiment", HyperparameterMessages.experiment(sorted, metrics: metrics, time: time)),
      step: 0)
    try write(
      .hyperparameters(
        "session_start_info", HyperparameterMessages.start(sorted, time: time)), step: 0)
  }

  /// Writes that the run whose hyper-parameters were written has ended.
  public func end(isSuccessful: Bool = true) throws {
    try write(
      .hyperparameters(
        "session_end_info", HyperparameterMessages.end(isSuccessful: isSuccessful, time: clock())),
      step: 0)
  }

  // MARK: - Events

  private func write(_ summary: Summary, step: Int) throws {
    var event = ProtobufWriter()
    if step != 0 { event.integer(2, step) }
    event.data(5, summary.message.bytes)
    try write(event.bytes)
  }

  private func write(_ event: [UInt8]) throws {
    do {
      try writeAll(
        RecordFraming.framed(ProtobufWriter.double(1, clock()) + event), to: descriptor)
    } catch {
      throw TrainingError.inputOutput("\(path): \(error)")
    }
  }

  /// The rows of a histogram: the lower end, the upper end, and the number of values between them.
  private static func histogram(_ tensor: Tensor, _ buckets: Int) -> [[Double]] {
    let values = tensor.converted(to: .float64).scalars(as: Double.self).filter(\.isFinite)
    guard let low = values.min(), let high = values.max() else {
      return Array(repeating: [0, 0, 0], count: buckets)
    }
    let width = (high - low) / Double(buckets)
    guard width > 0, width.isFinite else {
      return (1...buckets).map { [low, high, $0 == buckets ? Double(values.count) : 0] }
    }
    var counts = Array(repeating: 0.0, count: buckets)
    for value in values { counts[min(Int((value - low) / width), buckets - 1)] += 1 }
    return rows(low, high, counts)
  }

  /// The rows of intervals of equal width.
  private static func rows(_ low: Double, _ high: Double, _ counts: [Double]) -> [[Double]] {
    let width = (high - low) / Double(counts.count)
    return counts.indices.map { index in
      let upper = index == counts.count - 1 ? high : Double(index + 1) * width + low
      return [Double(index) * width + low, upper, counts[index]]
    }
  }

  private static let prefix = "events.out.tfevents."

  /// The seconds in the name of a file of events.
  private static func time(of name: String) -> Int? {
    guard name.hasPrefix(prefix) else { return nil }
    return name.dropFirst(prefix.count).split(separator: ".").first.flatMap { Int($0) }
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    let isKnown = gethostname(&name, name.count - 1) == 0
    let text = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return isKnown && !text.isEmpty ? text.replacing("/", with: "-") : "localhost"
  }
}
