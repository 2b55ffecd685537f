import Tensor

/// The encoding in files, with a checksum: a changed digit of a mean would give wrong predictions
/// that nobody notices. Files of other programs need not have one, so what is read is checked too.
extension InputEncoding {
  private enum CodingKeys: String, CodingKey {
    case shape, predictedLength, vocabulary, encoder, pixels, target, targetName, checksum
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    shape = try container.decode([Int].self, forKey: .shape)
    predictedLength = try container.decodeIfPresent(Int.self, forKey: .predictedLength)
    vocabulary = try container.decodeIfPresent(Vocabulary.self, forKey: .vocabulary)
    encoder = try container.decodeIfPresent(FeatureEncoder.self, forKey: .encoder)
    pixels = try container.decodeIfPresent(PixelScale.self, forKey: .pixels)
    target = try container.decodeIfPresent(TargetEncoding.self, forKey: .target)
    targetName = try container.decodeIfPresent(String.self, forKey: .targetName)
    // Files of earlier versions have none.
    let recorded = try container.decodeIfPresent(UInt32.self, forKey: .checksum)
    guard try recorded ?? checksum() == checksum() else {
      throw DecodingError.dataCorruptedError(
        forKey: .checksum, in: container,
        debugDescription: "it is not that of 'input', which is damaged")
    }
    if let problem {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: problem))
    }
  }

  /// Why no data is encoded so, or nil.
  private var problem: String? {
    let size = shape.reduce(1.0) { $0 * Double($1) }
    guard let first = shape.first, shape.allSatisfy({ $0 > 0 }), size <= Double(Int32.max) else {
      return "no example has the shape \(shape)"
    }
    if let encoder, shape != [encoder.width] {
      return "the columns have \(encoder.width) features, not \(shape)"
    }
    if pixels != nil, shape.count != 3 { return "no image has the shape \(shape)" }
    if let vocabulary, vocabulary.count == 0 || shape.count != 1 {
      return "no text has \(counted(vocabulary.count, "character")) and the shape \(shape)"
    }
    if let predictedLength, predictedLength < 1 || predictedLength > first {
      return "no \(predictedLength) of \(shape) positions are predicted"
    }
    return target?.outputs ?? vocabulary?.count ?? 0 == 0 ? "there is nothing to predict" : nil
  }

  package func encode(to encoder: any Encoder) throws {
    try encodeValues(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(checksum(), forKey: .checksum)
  }

  private func encodeValues(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(shape, forKey: .shape)
    try container.encodeIfPresent(predictedLength, forKey: .predictedLength)
    try container.encodeIfPresent(vocabulary, forKey: .vocabulary)
    try container.encodeIfPresent(self.encoder, forKey: .encoder)
    try container.encodeIfPresent(pixels, forKey: .pixels)
    try container.encodeIfPresent(target, forKey: .target)
    try container.encodeIfPresent(targetName, forKey: .targetName)
  }

  /// The CRC-32C of the values as JSON.
  private func checksum() throws -> UInt32 {
    CRC32.castagnoli.checksum(Array(try JSONText.encode(Values(encoding: self)).utf8))
  }

  /// The encoding without its checksum.
  private struct Values: Encodable {
    let encoding: InputEncoding
    func encode(to encoder: any Encoder) throws { try encoding.encodeValues(to: encoder) }
  }
}
