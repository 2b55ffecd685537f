import NN
import Tensor
import Training

/// `train sample RUN`: generates text with the language model of a run.
enum SampleCommand: Command {
  static let name = "sample"
  static let usage = "RUN [options]"
  static let summary = "generates text with the best weights of a run of the task text"
  static let options = [
    OptionGroup("options", [prompt, length, temperature, topK, topP, FitOptions.seed])
  ]
  static let wordCount = 1

  private static let prompt = Option(
    "prompt", .text("TEXT"), "what the text begins with", unset: "a line break")
  private static let length = Option(
    "length", .integer(1 ... .max), "characters that follow the prompt", default: 500)
  private static let temperature = Option(
    "temperature", .number(from: 0), "above 1 more varied, below 1 less; 0 takes the likeliest",
    default: 0.8)
  private static let topK = Option(
    "top-k", .integer(1 ... .max), "samples from the N likeliest characters", unset: "all")
  private static let topP = Option(
    "top-p", .number(above: 0, upTo: 1),
    "samples from the likeliest that together have probability X",
    unset: "1")

  static func run(_ arguments: Arguments) throws -> Int32 {
    guard let path = arguments.words.first else {
      throw UsageError("sample needs the folder of a run, such as runs/text-1")
    }
    let trained = try TrainedModel(contentsOf: path)
    guard let model = trained.languageModel, let vocabulary = trained.vocabulary else {
      throw UsageError("\(path) is a run of the task \(trained.task); only text can be sampled")
    }
    // A text without line breaks starts with its first character.
    let start = vocabulary["\n"] ?? 0
    let tokens = try arguments[prompt].map { try promptTokens($0, vocabulary) } ?? [start]
    let console = Console.standard
    if let text = arguments[prompt] { console.pass(text) }
    let seed = arguments.values.given(FitOptions.seed) ?? .random(in: 0..<1_000_000)
    var generator = RandomStream.noise.generator(seed: seed)
    _ = model.generate(
      from: tokens, count: arguments[length],
      options: GPT.GenerationOptions(
        temperature: arguments[temperature], topK: arguments[topK], topP: arguments[topP]),
      using: &generator,
      onToken: { console.pass(String(vocabulary.characters[Int($0)])) })
    console.write("\n")
    return 0
  }

  private static func promptTokens(_ prompt: String, _ vocabulary: Vocabulary) throws -> [Int32] {
    do {
      return try vocabulary.tokens(of: prompt)
    } catch let error as TrainingError {
      throw UsageError("--prompt: \(error.message)")
    }
  }
}
