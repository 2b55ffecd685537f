import Testing

@testable import Train

/// In what configurations differ, setting by setting.
struct ConfigurationDifferencesTests {
  struct Sample: Sendable {
    let key: String
    let values: [String?]
    let rows: [[String]]
  }

  @Test(arguments: [
    Sample(
      key: "optimizer", values: ["adamw(beta2=0.99)", "adamw(beta2=0.999)"],
      rows: [["optimizer.beta2", "0.99", "0.999"]]),
    Sample(
      key: "optimizer", values: ["adamw(beta2=0.99)", "adamw(beta2=0.990)", "adamw(beta2=99e-2)"],
      rows: []),
    Sample(
      key: "optimizer",
      values: ["lookahead(adamw(beta2=0.9), sync-period=6)", "lookahead(adamw, sync-period=5)"],
      rows: [["optimizer.sync-period", "6", "5"], ["optimizer.beta2", "0.9", "-"]]),
    // A wrapper does not hide what is the same inside of it.
    Sample(
      key: "optimizer",
      values: ["lookahead(adamw(beta2=0.9), sync-period=6)", "adamw(beta2=0.95)"],
      rows: [
        ["optimizer", "lookahead(adamw)", "adamw"], ["optimizer.sync-period", "6", "-"],
        ["optimizer.beta2", "0.9", "0.95"],
      ]),
    Sample(
      key: "optimizer", values: ["sgd(momentum=0.9)", "adamw(weight-decay=0.1)"],
      rows: [
        ["optimizer", "sgd", "adamw"], ["optimizer.momentum", "0.9", "-"],
        ["optimizer.weight-decay", "-", "0.1"],
      ]),
    // Settings of several entries are told apart.
    Sample(
      key: "optimizer",
      values: [
        "switch(adam(beta2=0.9), sgd(learning-rate=0.05), at=20)",
        "switch(adam(beta2=0.9), sgd(learning-rate=0.1), at=30)",
      ],
      rows: [["optimizer.at", "20", "30"], ["optimizer.learning-rate", "0.05", "0.1"]]),
    Sample(
      key: "optimizer",
      values: [
        "switch(adam(beta2=0.9), adam(beta2=0.99), at=20)",
        "switch(adam(beta2=0.9), adam(beta2=0.999), at=20)",
      ],
      rows: [["optimizer.adam-2.beta2", "0.99", "0.999"]]),
    Sample(
      key: "schedule", values: ["cosine(final=0)", "cosine(final=0.1)"],
      rows: [["schedule.final", "0", "0.1"]]),
    Sample(
      key: "model",
      values: ["mlp(hidden=32-32, activation=tanh)", "mlp(hidden=64, activation=tanh)"],
      rows: [["model.hidden", "32-32", "64"]]),
    // Whatever is no expression is compared as it is.
    Sample(
      key: "learning-rate", values: ["0.01", "0.1"], rows: [["learning-rate", "0.01", "0.1"]]),
    Sample(key: "learning-rate", values: ["0.01", "1e-2"], rows: []),
    Sample(key: "keep", values: [nil, "3"], rows: [["keep", "-", "3"]]),
    Sample(
      key: "optimizer", values: ["unheard-of(x=1)", "adamw"],
      rows: [["optimizer", "unheard-of(x=1)", "adamw"]]),
  ])
  func rowsAreTheSettingsThatDiffer(_ sample: Sample) {
    let configurations = sample.values.map { value in
      // What all have in common is left out.
      ["seed": "1"].merging(value.map { [sample.key: $0] } ?? [:]) { $1 }
    }
    let rows = ConfigurationDifferences(configurations).rows
    #expect(rows.map { [$0.name] + $0.values.map { $0 ?? "-" } } == sample.rows)
  }
}
