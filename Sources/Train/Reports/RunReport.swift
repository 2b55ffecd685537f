import Training

/// What a run tells a user, as text.
enum RunReport {
  /// What is about to be trained, and how.
  static func start(of run: TrainingRun) -> String {
    let configuration = run.configuration
    var lines = run.data.notes.map { "note: \($0)" }
    lines.append("data   \(configuration.task), \(run.data.summary)")
    lines.append(
      "model  \(run.subject.modelText), \(Format.counted(run.parameters.scalarCount, "parameter"))")
    lines.append(
      "train  \(configuration.optimizer.outline), learning rate "
        + "\(Format.number(configuration.learningRate)) \(configuration.schedule.rawValue), "
        + "at most \(Format.counted(configuration.steps, "step")) of \(configuration.batchSize * configuration.accumulate) rows, "
        + "seed \(configuration.seed)")
    lines.append("run    \(run.folder.path)" + (run.step > 0 ? ", from step \(run.step)" : ""))
    return lines.joined(separator: "\n")
  }

  /// What came out.
  static func end(of run: TrainingRun, _ summary: RunSummary) -> String {
    let evaluation = Evaluation(
      loss: summary.validationLoss ?? .nan, accuracy: summary.validationAccuracy,
      r2: summary.validationR2)
    let training = Evaluation(loss: summary.trainLoss, accuracy: summary.trainAccuracy)
    let early = summary.stoppedEarly ? ", stopped early" : ""
    let skipped =
      summary.skippedSteps > 0 ? ", \(Format.counted(summary.skippedSteps, "step")) skipped" : ""
    return """
      validation  \(figures(evaluation)), best after step \(summary.bestStep)
      training    \(figures(training)), \(Format.counted(summary.steps, "step"))\(early)\(skipped), \
      \(Format.duration(summary.seconds)), \(Format.count(summary.samplesPerSecond)) samples/s, \
      \(Format.count(Double(summary.peakMemoryBytes)))B peak memory
      files       \(run.folder.path): summary.json, best.safetensors, loss.svg, metrics.jsonl
      """
  }

  /// An evaluation in a few words: `accuracy 97.5%, loss 0.08`.
  static func figures(_ evaluation: Evaluation) -> String {
    var parts: [String] = []
    if let accuracy = evaluation.accuracy {
      parts.append("accuracy \(Format.percentage(accuracy))")
    }
    if let r2 = evaluation.r2 { parts.append("R² \(Format.number(r2, digits: 4))") }
    parts.append("loss \(Format.number(evaluation.loss))")
    return parts.joined(separator: ", ")
  }
}
