import TestSupport
import Training

@testable import Train

extension MutantReader {
  /// Tables, texts and images.
  func data(in folder: String) throws -> Subject {
    let path = folder + "/content"
    switch self {
    case .table:
      return Subject(corpus: Self.tables) { bytes in
        let table = try CSVTable(bytes: bytes, file: "table.csv")
        for row in 0..<table.rowCount {
          for column in 0..<table.columnCount {
            _ = table.text(row: row, column: column)
            _ = table.number(row: row, column: column)
          }
        }
        guard let target = table.names.last else { return }
        let data = try SupervisedData(table: table, target: target, seed: 1)
        _ = data.fingerprint
      }
    case .rows:
      let plain = try Self.trainedOnTable(in: folder)
      let written = try Self.trainedOnTable(3, in: folder)
      return Subject(corpus: Self.tables) { bytes in
        try writeMutant(bytes, to: path)
        let isWritten = bytes.contains(UInt8(ascii: "$"))
        var reader = try CSVReader(contentsOf: path, partSize: 128)
        while let table = try reader.next() {
          _ = try (isWritten ? written : plain).predict(table)
        }
      }
    case .text:
      let texts = ["to be or not to be, that is\nthe question", "é✓ abc abc abc\r\nabc\r\n"]
      return Subject(corpus: texts.map { Array($0.utf8) }) { bytes in
        try writeMutant(bytes, to: path)
        _ = try TextData(contentsOf: path, test: 0.1)
      }
    case .pixels, .labels:
      let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 0, 3, 0, 0, 0, 3] + (0..<108)
      let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 12] + (0..<12).map { $0 % 3 }
      let names = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]
      for (name, bytes) in zip(names, [images, labels]) {
        for part in ["train", "t10k"] {
          try writeMutant(bytes, to: "\(folder)/\(name.replacing("train", with: part))")
        }
      }
      let isPixels = self == .pixels
      return Subject(corpus: [isPixels ? images : labels]) { bytes in
        try writeMutant(bytes, to: "\(folder)/\(names[isPixels ? 0 : 1])")
        _ = try IDXFolder(folder).data(test: 0.2, seed: 1)
      }
    default:
      let pixels: [UInt8] = (0..<48).map { $0 * 5 }
      let png = PNG.encoded(pixels, width: 4, height: 4)
      let corpus: [[UInt8]] = [
        png, png, Array("P5\n8 6\n255\n".utf8) + pixels, Array("P6 4 4 255 ".utf8) + pixels,
        Tensor.counting([6, 8]).npyEncoded(),
        [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 4] + pixels,
      ]
      return Subject(
        corpus: corpus, repaired: { $1 % 2 == 0 ? $0 : Self.withChunkChecksums($0) },
        read: { bytes in
          try writeMutant(bytes, to: path)
          _ = try ImageFile.images(contentsOf: path)
        })
    }
  }

  /// A model of the rows of a table, after a few steps.
  static func trainedOnTable(_ index: Int = 0, in folder: String) throws -> TrainedModel {
    try writeMutant(tables[index], to: folder + "/table.csv")
    let line = "csv --data \(folder)/table.csv --target size --steps 4 --hidden 4 --seed 1"
    _ = try FitLine(line).summary(in: folder + "/run-\(index)")
    return try TrainedModel(contentsOf: folder + "/run-\(index)")
  }

  static let tables: [[UInt8]] = {
    var texts = [
      "width,length,kind,size\n", "width,length,kind,size\r\n",
      "\u{FEFF}width;length;kind;size\n", "width,length,kind,size\n",
    ]
    for row in 0..<16 {
      let (width, length) = (row * 7 % 10, Double(row * 13 % 11) / 4)
      let (kind, size) = (row % 3 == 0 ? "oak" : "elm", row % 2 == 0 ? "big" : "small")
      let comma = "\(length)".replacing(".", with: ",")
      texts[0] += "\(width),\(length),\(kind),\(size)\n"
      texts[1] +=
        "\"\(width)\",\(row % 5 == 0 ? "?" : "\(length)"),\"a \"\"\(kind)\"\", b\",\(length)\r\n"
      texts[2] += "\(width);\(comma);\(kind);\(size)\n"
      texts[3] += "2024-02-2\(width)T1\(width):30Z,\"$\(width),00\(width).5\",\(row)%,\(size)\n"
    }
    return texts.map { Array($0.utf8) }
  }()

  /// A PNG file whose chunks have the checksums of their contents.
  private static func withChunkChecksums(_ file: [UInt8]) -> [UInt8] {
    var (file, place) = (file, 8)
    func integer(_ start: Int) -> Int { file[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
    guard file.starts(with: [0x89, 0x50]) else { return file }
    while place + 12 <= file.count {
      let end = place + 8 + integer(place)
      guard end + 4 <= file.count else { break }
      let sum = CRC32.standard.checksum(Array(file[place + 4..<end]))
      for i in 0..<4 { file[end + i] = UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * i)) }
      place = end + 4
    }
    return file
  }
}
