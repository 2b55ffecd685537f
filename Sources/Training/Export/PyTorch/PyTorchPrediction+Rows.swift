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
    if kinds.readsDays { "import datetime" }
    if kinds.hasNumber { "import math" }
    """
    import re
    import sys
    """
    if kinds.hasNotation { "from collections.abc import Callable" }
    """
    from dataclasses import dataclass
    from itertools import chain, islice
    from pathlib import Path

    \(modelImports)

    MISSING = {"", "?", "na", "n/a", "null", "nan"}
    """
    if !model.classes.isEmpty { classTable }
    if kinds.hasNotation { plain }
    if kinds.readsAmounts { amount }
    if kinds.readsDays { calendar }
    if kinds.hasNumber {
      number(
        kinds.hasNotation, marksMissing: kinds.marksMissing, takesLogarithm: kinds.takesLogarithm)
    }
    if kinds.hasDate { date }
    if kinds.hasOneHot || kinds.hasRank { category }
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
        delimiter = max(",;\\t|", key=unquoted.count)
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
    var hasDate = false
    var readsAmounts = false
    var readsDays = false
    var hasOneHot = false
    var hasRank = false

    var hasNotation: Bool { readsAmounts || readsDays }

    init(_ columns: [FeatureEncoder.Column]) {
      for column in columns {
        switch column.encoding {
        case .number(_, _, let marks, let logarithm):
          hasNumber = true
          if logarithm != nil { takesLogarithm = true }
          if marks { marksMissing = true }
        case .date: (hasNumber, hasDate, marksMissing) = (true, true, true)
        case .oneHot: hasOneHot = true
        case .rank: hasRank = true
        }
        if let notation = column.notation {
          if notation.isOfDays { readsDays = true } else { readsAmounts = true }
        }
      }
    }
  }

  @PythonSource private func number(
    _ hasNotation: Bool, marksMissing: Bool, takesLogarithm: Bool
  ) -> String {
    """


    @dataclass
    class Number:
        \"""A standardized number. A missing one becomes the mean.\"""

        name: str
        mean: float
        deviation: float
    """
    if hasNotation { "    read: Callable = plain" }
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
                value = \(hasNotation ? "self.read(text)" : plainNumber)
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

  private var plainNumber: String {
    #"float(re.sub(r"^([-+]?\d*),(?=\d)", r"\1.", text))  # also 5,1"#
  }

  private var plain: String {
    """


    def plain(text):
        \"""Reads a number such as 5.1.\"""
        return \(plainNumber)
    """
  }

  private var amount: String {
    """


    SAME = str.maketrans("\\u00a0\\u2009\\u202f\\u2019\\u2212", "   '-")


    @dataclass
    class Amount:
        \"""Reads numbers in groups of three digits or with a unit: 1,234.50, ($5) and 7%.\"""

        decimal: str
        group: str
        unit: str

        def __call__(self, text):
            text = text.translate(SAME)
            negative = len(text) > 2 and text[0] == "(" and text[-1] == ")"
            if negative:
                text = text[1:-1]
            decimal, group, unit = map(re.escape, (self.decimal, self.group, self.unit))
            groups = rf"[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|" if group else ""
            number = rf"((?:{groups}[0-9]+)?(?:{decimal}[0-9]+)?(?:[eE][-+]?[0-9]+)?)"
            match = re.fullmatch(rf"([-+ {unit}]*){number}([ {unit}]*)", text)
            if not match or not match[2]:
                raise ValueError
            around = match[1] + match[3]
            if around.count("-") + around.count("+") + negative > 1:
                raise ValueError
            if self.unit and around.count(self.unit) != 1:
                raise ValueError
            digits = match[2].replace(self.group, "") if self.group else match[2]
            value = float(digits.replace(self.decimal, "."))
            return -value if negative or "-" in around else value
    """
  }

  private var calendar: String {
    """


    @dataclass
    class Days:
        \"""Reads dates, as days since 1970-01-01 in UTC, or times, as parts of a day.\"""

        order: str = ""  # of a date: YMD, DMY or MDY

        def __call__(self, text):
            date = r"([0-9]{1,4})([-/.])([0-9]{1,2})\\2([0-9]{1,4})" if self.order else "()()()()"
            time = r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
            if self.order:
                time = rf"(?:[Tt ]{time}([Zz]|[-+][0-9]{{2}}(?::?[0-9]{{2}})?)?)?"
            match = re.fullmatch(date + time, text)
            if not match:
                raise ValueError
            first, mark, second, third, hours, minutes, seconds, part, *offset = match.groups()
            days = 0
            if self.order:
                numbers = dict(zip(self.order, (first, second, third)))
                if len(numbers["Y"]) != 4 or len(numbers["D"]) > 2 or len(numbers["M"]) > 2:
                    raise ValueError
                if self.order == "MDY" and mark == ".":
                    raise ValueError
                days = datetime.date(*(int(numbers[part]) for part in "YMD")).toordinal() - 719163
            time = datetime.time(int(hours or 0), int(minutes or 0), int(seconds or 0))
            value = time.hour * 3600 + time.minute * 60 + time.second + float(f"0.{part or 0}")
            if offset and offset[0] and offset[0] not in "Zz":
                digits = offset[0][1:].replace(":", "").ljust(4, "0")
                shift = datetime.time(int(digits[:2]), int(digits[2:]))
                seconds = shift.hour * 3600 + shift.minute * 60
                value -= -seconds if offset[0][0] == "-" else seconds
            return days + value / 86400
    """
  }

  private var date: String {
    """


    @dataclass
    class Date(Number):
        \"""A standardized date or time, and where it is in some periods.\"""

        periods: list[float] | None = None

        def encode(self, text):
            missing = text.lower() in MISSING
            waves = [0.0] * (2 * len(self.periods))
            if not missing:
                days = self.parse(text)
                angles = [2 * math.pi * (days / period) for period in self.periods]
                waves = [wave(angle) for angle in angles for wave in (math.sin, math.cos)]
            feature = 0.0 if missing else standardized(days, self)
            return [feature, *waves] + [float(missing)] * self.marks_missing
    """
  }

  /// What reads the numbers of a notation.
  private func reader(_ notation: NumberNotation) -> String {
    switch notation {
    case .amount(let decimalMark, let groupMark, let unit):
      let marks = [decimalMark.rawValue, groupMark?.rawValue ?? "", unit ?? ""]
      return "Amount(\(marks.map(Python.literal).joined(separator: ", ")))"
    case .date(.yearMonthDay): return "Days(\"YMD\")"
    case .date(.dayMonthYear): return "Days(\"DMY\")"
    case .date(.monthDayYear): return "Days(\"MDY\")"
    case .time: return "Days()"
    }
  }

  private var oneHot: String {
    """


    @dataclass
    class OneHot:
        \"""A 0/1 feature for each category; all are 0 for one that is not known.\"""

        name: str
        categories: list[str]

        def __post_init__(self):
            self.slots = places(self.categories)

        def encode(self, text):
            features = [0.0] * len(self.categories)
            slot = self.slots.get(category(text))
            if slot is not None:
                features[slot] = 1.0
            return features
    """
  }

  private var category: String {
    """


    def category(text):
        \"""Returns the name of a category, empty for a missing value; 7.0 is 7.\"""
        if text.lower() in MISSING:
            return ""
        return text[:-2] if re.fullmatch(r"-?[0-9]+\\.0", text) else text


    def places(categories):
        \"""Returns the position of each name, the first of equal ones.\"""
        return {category(name): place for place, name in reversed(list(enumerate(categories)))}
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
            self.ranks = places(self.categories)

        def encode(self, text):
            return [standardized(self.ranks.get(category(text), len(self.categories)), self)]
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
      let read = column.notation.map { ["read=\(reader($0))"] } ?? []
      switch column.encoding {
      case .number(let mean, let deviation, let marksMissing, let logarithm):
        let marks = marksMissing ? ["marks_missing=True"] : []
        let unit = logarithm.map { ["unit=\($0.unit)"] } ?? []
        return Python.call(
          "Number", [name, statistics(mean, deviation)] + read + marks + unit)
      case .date(let mean, let deviation, let marksMissing, let periods):
        let marks = marksMissing ? ["marks_missing=True"] : []
        let values = periods.map { "\($0)" }.joined(separator: ", ")
        return Python.call(
          "Date", [name, statistics(mean, deviation)] + read + marks + ["periods=[\(values)]"])
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
