// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import NN
import Optim

// The call for one model with several.

extension Checkpoint {
  @available(*, unavailable, message: "use 'Checkpoint.load(from:models:optimizers:as:)'")
  public static func load<State: Decodable>(
    from path: String, into models: [String: any Module], _ optimizers: [String: any Optimizer],
    as type: State.Type = State.self
  ) throws -> State { fatalError() }
}
