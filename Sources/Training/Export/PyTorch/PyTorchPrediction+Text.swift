extension PyTorchPrediction {
  /// Lines of text, which the model classifies, completes or continues by a character.
  @PythonSource func text(_ length: Int) -> String {
    let characters = description.input.vocabulary?.names.joined() ?? ""
    let completed = description.input.predictedLength.flatMap { $0 > 1 ? $0 : nil }
    let isLanguageModel = description.input.target == nil
    """
    \"""Predicts \(summary).

        python predict.py --data lines.txt --out predictions.csv

    What is written has the text of each line, \(textAddedText).
    The path - stands for standard input or output.
    \"""

    import argparse
    import csv
    import sys
    from pathlib import Path

    \(modelImports)

    """
    if isLanguageModel {
      "CONTEXT = \(length)  # the most characters that the model sees at once"
    } else if let completed {
      """
      LONGEST = \(length + 1 - completed)  # characters of a line
      COMPLETED = \(completed)  # characters that the model adds
      """
    } else {
      "LONGEST = \(length)  # characters of a line"
    }
    """
    CHARACTERS = \(Python.literal(characters))
    TOKENS = {character: token for token, character in enumerate(CHARACTERS)}
    """
    if !model.predictsText { classTable }
    """


    def read_lines(path):
        \"""Returns an iterator of (place, text) of the lines that are not empty.\"""
        file = open(0 if path == "-" else path, encoding="utf-8", newline="\\n")
        for number, line in enumerate(file, 1):
            text = line.removesuffix("\\n").removesuffix("\\r")
            if text:
                yield f"{path}:{number}", text


    def encode(place, text):
        \"""Returns the tokens of a text, [1, length].\"""
        for character in text:
            if character not in TOKENS:
                sys.exit(f"{place}: the character {character!r} does not occur in \
    the training text")
    """
    if isLanguageModel {
      "    return torch.tensor([[TOKENS[character] for character in text[-CONTEXT:]]])"
    } else {
      """
          if len(text) > LONGEST:
              sys.exit(f"{place}: {len(text)} characters; the model takes at most {LONGEST}")
          return torch.tensor([[TOKENS[character] for character in text]])
      """
    }
    let header = isClassifier ? columns("text") : #"["text", "prediction", "probability"]"#
    let row = isClassifier ? "[0]" : ""
    """


    \(textFunction(completed))


    \(mainStart("lines of text"))

        \(openingOutput)
            writer = csv.writer(file, lineterminator="\\n")
            writer.writerow(\(header))
            for place, text in read_lines(arguments.data):
                writer.writerow([text, *predict(model, encode(place, text))\(row)])
    \(mainEnd)
    """
  }

  private var isClassifier: Bool { !model.predictsText }

  private var summary: String {
    if isClassifier { return "the classes of lines of text" }
    return description.input.target == nil
      ? "the next character of lines of text" : "what completes lines of text"
  }

  private var textAddedText: String {
    isClassifier ? addedText : "the prediction, and its probability"
  }

  private func textFunction(_ completed: Int?) -> String {
    if isClassifier { return predictFunction }
    guard completed != nil else {
      return """
        @torch.no_grad()
        def predict(model, tokens):
            \"""Returns the next character and its probability.\"""
            probability, token = model(tokens)[0, -1].softmax(dim=0).max(dim=0)
            return [CHARACTERS[token], f"{probability:.6g}"]
        """
    }
    return """
      @torch.no_grad()
      def predict(model, tokens):
          \"""Returns the characters that complete a text, and their probability.\"""
          product = 1.0
          for _ in range(COMPLETED):
              probability, token = model(tokens)[0, -1].softmax(dim=0).max(dim=0)
              tokens = torch.cat([tokens, token.view(1, 1)], dim=1)
              product *= probability.item()
          completion = tokens[0, -COMPLETED:].tolist()
          return ["".join(CHARACTERS[token] for token in completion), f"{product:.6g}"]
      """
  }
}
