import CLibrary

extension Tensor: CustomStringConvertible {
  /// The elements in nested brackets and aligned, as NumPy prints them.
  ///
  /// If there are more than 1000, only the first and last three along each axis are shown.
  public var description: String {
    let isShortened = elementCount > 1000
    let values = contiguous
    let shown = isShortened ? Printing.edges(values) : values
    let texts = Printing.texts(shown)
    let width = texts.map(\.count).max() ?? 0
    let padded = texts.map { String(repeating: " ", count: width - $0.count) + $0 }
    if rank == 0 { return texts[0] }
    if elementCount == 0 { return "[]" }
    var next = 0
    return Printing.nested(
      shape, axis: 0, isShortened: isShortened, indent: 1, elements: padded, next: &next)
  }
}

private enum Printing {
  /// The number of elements shown at each end of an axis of a long tensor.
  static let edge = 3

  /// Returns the first and last elements along each axis.
  static func edges(_ x: Tensor) -> Tensor {
    var result = x
    for axis in 0..<x.rank where x.shape[axis] > 2 * edge {
      let size = x.shape[axis]
      result = Concatenation.forward(
        [
          Views.slice(result, axis: axis, start: 0, count: edge),
          Views.slice(result, axis: axis, start: size - edge, count: edge),
        ], along: axis)
    }
    return result
  }

  /// Returns the texts of the elements from index `next` on in nested brackets.
  static func nested(
    _ shape: Shape, axis: Int, isShortened: Bool, indent: Int, elements: [String], next: inout Int
  ) -> String {
    let size = shape[axis]
    let isCut = isShortened && size > 2 * edge
    let isInnermost = axis == shape.rank - 1
    var parts = [String]()
    for i in 0..<(isCut ? 2 * edge : size) {
      if isCut && i == edge { parts.append("...") }
      if isInnermost {
        parts.append(elements[next])
        next += 1
      } else {
        parts.append(
          nested(
            shape, axis: axis + 1, isShortened: isShortened, indent: indent + 1,
            elements: elements, next: &next))
      }
    }
    if !isInnermost {
      let breaks = String(repeating: "\n", count: shape.rank - axis - 1)
      return "[" + parts.joined(separator: breaks + String(repeating: " ", count: indent)) + "]"
    }
    var lines = ""
    var line = ""
    for (i, part) in parts.enumerated() {
      if i > 0 && indent + line.count + 1 + part.count > 75 {
        lines += line + "\n" + String(repeating: " ", count: indent)
        line = part
      } else {
        line += i > 0 ? " " + part : part
      }
    }
    return "[" + lines + line + "]"
  }

  /// Returns the texts of the elements, in a common format.
  static func texts(_ x: Tensor) -> [String] {
    switch x.dtype {
    case .bool: return x.scalars(as: Bool.self).map { $0 ? "true" : "false" }
    case .int32: return x.scalars(as: Int32.self).map(String.init)
    case .float32:
      let values = x.scalars(as: Float.self)
      if x.rank == 0 { return [values[0].isNaN ? "nan" : values[0].description] }
      return texts(values.map(Double.init), shortest: values.map(\.magnitude.description))
    case .float64:
      let values = x.scalars(as: Double.self)
      if x.rank == 0 { return [values[0].isNaN ? "nan" : values[0].description] }
      return texts(values, shortest: values.map(\.magnitude.description))
    }
  }

  /// Returns the texts of numbers with as many decimals as any of them needs, at most eight, or in
  /// scientific notation if their magnitudes differ too much for that.
  private static func texts(_ values: [Double], shortest: [String]) -> [String] {
    let sizes = values.filter { $0.isFinite && $0 != 0 }.map(\.magnitude)
    let (largest, smallest) = (sizes.max() ?? 0, sizes.min() ?? 0)
    let isScientific =
      largest >= 1e8
      || (smallest > 0 && (smallest < 1e-4 || largest / smallest > 1000))
        && !sizes.allSatisfy { $0 == $0.rounded() && $0 < 1e8 }
    let decimals =
      zip(values, shortest).map { value, text in
        value.isFinite ? neededDecimals(text, scientific: isScientific) : 0
      }.max() ?? 0
    return values.map { value in
      if !value.isFinite { return value.isNaN ? "nan" : (value < 0 ? "-inf" : "inf") }
      let sign = value.sign == .minus ? "-" : ""
      if isScientific { return sign + scientific(value.magnitude, decimals) }
      // Trailing zeros become spaces, so that the decimal points stay aligned.
      let text = fixed(value.magnitude, decimals)
      let zeros = decimals == 0 ? 0 : text.reversed().prefix { $0 == "0" }.count
      return sign + text.dropLast(zeros) + String(repeating: " ", count: zeros)
    }
  }

  /// Returns the number of decimals, at most eight, of a shortest representation such as `12.375`
  /// or `1.5e-07`.
  private static func neededDecimals(_ text: String, scientific: Bool) -> Int {
    let parts = text.split(separator: "e")
    let digits = parts[0].split(separator: ".")
    let fraction = digits.count > 1 && digits[1] != "0" ? digits[1].count : 0
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    if !scientific { return Swift.min(8, Swift.max(0, fraction - exponent)) }
    if parts.count > 1 { return Swift.min(8, fraction) }
    let all = (digits[0] + (fraction > 0 ? digits[1] : "")).drop { $0 == "0" }
    let significant = all.reversed().drop { $0 == "0" }.count
    return Swift.min(8, Swift.max(0, significant - 1))
  }

  private static func fixed(_ value: Double, _ decimals: Int) -> String {
    let scale = pow(10.0, Double(decimals))
    let scaled = UInt64((value * scale).rounded(.toNearestOrEven))
    let whole = scaled / UInt64(scale)
    if decimals == 0 { return "\(whole)." }
    let fraction = String(scaled % UInt64(scale))
    return "\(whole)." + String(repeating: "0", count: decimals - fraction.count) + fraction
  }

  private static func scientific(_ value: Double, _ decimals: Int) -> String {
    var exponent = value == 0 ? 0 : Int(log10(value).rounded(.down))
    var mantissa = value == 0 ? 0 : value / pow(10.0, Double(exponent))
    var text = fixed(mantissa, decimals)
    if text.hasPrefix("10.") || mantissa < 1 && value != 0 {
      exponent += mantissa < 1 ? -1 : 1
      mantissa = value / pow(10.0, Double(exponent))
      text = fixed(mantissa, decimals)
    }
    let size = String(exponent.magnitude)
    return text + "e" + (exponent < 0 ? "-" : "+") + (size.count < 2 ? "0" + size : size)
  }
}
