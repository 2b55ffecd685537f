import Tensor
import Training

/// The output of a run as text.
enum RunReport {
  /// The header that is printed before the first step.
  static func start(of run: TrainingRun) -> String {
    let configuration = run.configuration
    var lines = (run.data.notes + run.experiment.notes).map { "note: \(PrintableText.inLine($0))" }
    lines.append("data   \(configuration.taskName), \(run.data.summary)")
    lines.append(
      "model  \(run.experiment.modelText), \(counted(run.parameters.scalarCount, "parameter"))"
    )
    lines.append(
      """
      train  \(configuration[FitOptions.optimizer].outline), learning rate \
      \(Format.number(configuration[FitOptions.learningRate])) \
      \(configuration[FitOptions.schedule].name), at most \
      \(counted(configuration[FitOptions.steps], "step")) of \(configuration.stepSize) rows, \
      seed \(configuration[FitOptions.seed])
      """)
    lines.append("run    \(run.folder.path)" + (run.step > 0 ? ", from step \(run.step)" : ""))
    return lines.joined(separator: "\n")
  }

  /// The figures that are printed after the last step.
  static func end(of run: TrainingRun, _ summary: RunSummary) -> String {
    let evaluation = Evaluation(
      loss: summary.validationLoss ?? .nan, accuracy: summary.validationAccuracy,
      r2: summary.validationR2)
    let training = Evaluation(loss: summary.trainLoss, accuracy: summary.trainAccuracy)
    var test = ""
    if let evaluation = summary.test, let count = run.data.testText {
      test = "test        \(run.configuration.describe(evaluation)), on \(count)\n"
    }
    let early = summary.stoppedEarly ? ", stopped early" : ""
    if let count = summary.skippedRows, count > 0 {
      test += "left out    \(counted(count, "row")) without a target\n"
    }
    let warning = run.data.warning(about: evaluation).map {
      "warning     \(PrintableText.inLine($0))\n"
    }
    let skipped =
      summary.skippedSteps > 0 ? ", \(counted(summary.skippedSteps, "step")) skipped" : ""
    return """
      validation  \(run.configuration.describe(evaluation)), best after step \(summary.bestStep)
      \(test)training    \(run.configuration.describe(training)), \
      \(counted(summary.steps, "step"))\(early)\(skipped), \
      \(Format.duration(summary.seconds)), \(Format.count(summary.samplesPerSecond)) samples/s, \
      \(Format.count(Double(summary.peakMemoryBytes)))B peak memory
      \(warning ?? "")files       \(run.folder.path): summary.json, report.html, \
      best.safetensors, metrics.jsonl
      """
  }
}
