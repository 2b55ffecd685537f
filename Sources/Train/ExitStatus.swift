import Training

/// The exit statuses of the command.
enum ExitStatus {
  /// Training, or a check of gradients, failed.
  static let failure: Int32 = 70
  /// A file, or standard output, could not be read or written.
  static let inputOutput: Int32 = 74

  /// Returns the exit status for an error.
  static func of(_ error: any Error) -> Int32 {
    guard let error = error as? TrainingError else { return error is UsageError ? 64 : failure }
    return switch error.kind {
    case .data: 65
    case .training: failure
    case .inputOutput: inputOutput
    }
  }

  /// Returns an error with a status and a message, such as one of another process.
  static func error(_ status: Int32, _ message: String) -> any Error {
    switch status {
    case 64: UsageError(message)
    case 65: TrainingError.data(message)
    case 74: TrainingError.inputOutput(message)
    default: TrainingError.training(message)
    }
  }
}
