extension PyTorchPrediction {
  /// Rows of a table, with the columns encoded as for the training.
  @PythonSource func rows(_ encoded: [FeatureEncoder.Column]) -> String {
    let kinds = Kinds(encoded)
    """
    \"""Predicts the rows of a table.

        python predict.py --data rows.csv --out predictions.csv

    The table needs the columns of the training data, but not the target. What is written has its
    columns, \(addedText). The path - stands for standard input or output.
    \"""

    import argparse
    import csv
    """
    if kinds.hasNumber { "import math" }
    """
    import re
    import sys
    from dataclasses import dataclass
    from itertools import chain, islice
    from pathlib import Path

    \(modelImports)

    MISSING = {"", "?", "na", "n/a", "null", "nan"}
    """
    if !model.classes.isEmpty { classTable }
    if kinds.hasNumber {
      number(marksMissing: kinds.marksMissing, takesLogarithm: kinds.takesLogarithm)
    }
    if kinds.hasOneHot { oneHot }
    if kinds.hasRank { rank }
    if kinds.hasNumber || kinds.hasRank { standardized }
    """


    \(columnTable(encoded))


    def read_table(path):
        \"""Returns the names of the columns, and an iterator of (place, fields) of the rows.\"""
        file = open(0 if path == "-" else path, encoding="utf-8-sig", newline="")
        head = []
        for line in file:
            head.append(line)
            if line.strip():
                break
        unquoted = re.sub(r'"[^"]*"', "", head[-1] if head else "")
        delimiter = max(",;\\t", key=unquoted.count)
        reader = csv.reader(chain(head, file), delimiter=delimiter, skipinitialspace=True)

        def rows():
            for fields in reader:
                if len(fields) > 1 or fields and fields[0].strip():  # not a blank line
                    yield f"{path}:{reader.line_num}", [field.strip() for field in fields]

        names = next(rows(), (path, []))[1]
        return names, rows()


    def encode(place, fields, names):
        \"""Returns the features of a row.\"""
        if len(fields) != len(names):
            sys.exit(f"{place}: {len(fields)} fields where the header has {len(names)}")
        row = dict(zip(names, fields))
        try:
            return [x for column in COLUMNS for x in column.encode(row[column.name])]
        except ValueError as error:
            sys.exit(f"{place}: {error}")


    \(predictFunction)


    \(mainStart("a table"))

        names, rows = read_table(arguments.data)
        for column in COLUMNS:
            if column.name not in names:
                sys.exit(f"{arguments.data}: no column '{column.name}'")
        added = \(columns())
        for i in range(len(added)):
            while added[i] in names:
                added[i] += "_2"
        \(openingOutput)
            writer = csv.writer(file, lineterminator="\\n")
            writer.writerow(names + added)
            while part := list(islice(rows, 1024)):
                features = torch.tensor([encode(*row, names) for row in part])
                for (_, fields), prediction in zip(part, predict(model, features)):
                    writer.writerow(fields + prediction)
    \(mainEnd)
    """
  }

  /// The kinds of columns that occur.
  private struct Kinds {
    var hasNumber = false
    var marksMissing = false
    var takesLogarithm = false
    var hasOneHot = false
    var hasRank = false

    init(_ columns: [FeatureEncoder.Column]) {
      for column in columns {
        switch column.encoding {
        case .number(_, _, let marks, let logarithm):
          hasNumber = true
          if logarithm != nil { takesLogarithm = true }
          if marks { marksMissing = true }
        case .oneHot: hasOneHot = true
        case .rank: hasRank = true
        }
      }
    }
  }

  @PythonSource private func number(marksMissing: Bool, takesLogarithm: Bool) -> String {
    """


    @dataclass
    class Number:
        \"""A standardized number. A missing one becomes the mean.\"""

        name: str
        mean: float
        deviation: float
    """
    if marksMissing { "    marks_missing: bool = False  # by a second feature" }
    if takesLogarithm { "    unit: float | None = None  # of the logarithm that is standardized" }
    """

        def encode(self, text):
            missing = text.lower() in MISSING
            feature = 0.0 if missing else standardized(self.parse(text), self)
    """
    if marksMissing {
      """
              return [feature, float(missing)] if self.marks_missing else [feature]
      """
    } else {
      "        return [feature]"
    }
    """

        def parse(self, text):
            try:
                value = float(re.sub(r"^([-+]?\\d*),(?=\\d)", r"\\1.", text))  # also 5,1
            except ValueError:
                raise ValueError(f"column '{self.name}': '{text}' is not a number") from None
            if not math.isfinite(value):
                raise ValueError(f"column '{self.name}': '{text}' is not a finite number")
    """
    if takesLogarithm {
      """
              if self.unit:
                  value = math.copysign(math.log1p(abs(value) / self.unit), value)
      """
    }
    """
            return value
    """
  }

  private var oneHot: String {
    """


    @dataclass
    class OneHot:
        \"""A 0/1 feature for each category; all are 0 for one that is not known.\"""

        name: str
        categories: list[str]

        def encode(self, text):
            category = "" if text.lower() in MISSING else text
            return [float(category == other) for other in self.categories]
    """
  }

  private var rank: String {
    """


    @dataclass
    class Rank:
        \"""The standardized rank among categories; that behind the last if it is not known.\"""

        name: str
        categories: list[str]
        mean: float
        deviation: float

        def __post_init__(self):
            self.ranks = {category: rank for rank, category in enumerate(self.categories)}

        def encode(self, text):
            category = "" if text.lower() in MISSING else text
            return [standardized(self.ranks.get(category, len(self.ranks)), self)]
    """
  }

  private var standardized: String {
    """


    def standardized(value, column):
        \"""Returns a value with the column's mean at 0 and its deviation as 1, at most 10.\"""
        return max(-10.0, min(10.0, (value - column.mean) / column.deviation))
    """
  }

  private func columnTable(_ columns: [FeatureEncoder.Column]) -> String {
    let rows = columns.map { column in
      let name = Python.literal(column.name)
      switch column.encoding {
      case .number(let mean, let deviation, let marksMissing, let logarithm):
        let marks = marksMissing ? ", marks_missing=True" : ""
        let unit = logarithm.map { ", unit=\($0.unit)" } ?? ""
        return "Number(\(name), \(statistics(mean, deviation))\(marks)\(unit))"
      case .oneHot(let categories): return Python.call("OneHot", [name, list(categories)])
      case .rank(let categories, let mean, let deviation):
        return Python.call("Rank", [name, list(categories), statistics(mean, deviation)])
      }
    }
    return (["COLUMNS = ["] + rows.map { Python.indented("\($0),") } + ["]"]).joined(
      separator: "\n")
  }

  private func list(_ categories: [String]) -> String {
    Python.list(categories.map(Python.literal), indentation: 8)
  }

  /// The mean and the deviation of a column; a constant is 0 whatever its value.
  private func statistics(_ mean: Double, _ deviation: Double) -> String {
    "mean=\(mean), deviation=\(deviation > 0 ? "\(deviation)" : #"float("inf")"#)"
  }
}
