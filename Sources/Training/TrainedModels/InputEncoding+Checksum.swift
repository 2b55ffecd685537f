import Tensor

/// The encoding in files, with a checksum: a changed digit of a mean would give wrong predictions
/// that nobody notices.
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
