import Training

/// `train` without arguments: a first run that shows what training looks like.
enum QuickStart {
  static let summary = "the quick start: trains on two spirals and shows the result"

  static func run() throws -> Int32 {
    let options = FitCommand.options.flatMap(\.options)
    return try FitCommand.run(Arguments([ToyTask.spirals.rawValue], options: options))
  }
}
