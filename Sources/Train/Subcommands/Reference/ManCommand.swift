/// `train man`: the manual page.
enum ManCommand: Command {
  static let name = "man"
  static let usage = ""
  static let summary = "prints the manual page; train man > train.1 && man ./train.1 shows it"
  static let options: [OptionGroup] = []
  static let wordCount = 0

  static func run(_ arguments: Arguments) throws -> Int32 {
    Console.standard.pass(ManualPage.text(.standard, version: Train.version))
    return 0
  }
}
