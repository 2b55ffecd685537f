/// The numbers of the characters of a text: a byte for each where all are below 256, as of texts in
/// most alphabets.
public struct Tokens: RandomAccessCollection, Sendable, Equatable {
  private enum Numbers: Equatable {
    case bytes([UInt8])
    case words([Int32])
  }

  private var numbers: Numbers

  /// Creates tokens from their numbers.
  public init(_ numbers: some Sequence<Int32>) {
    var (bytes, words): ([UInt8], [Int32]?) = ([], nil)
    bytes.reserveCapacity(numbers.underestimatedCount)
    for number in numbers {
      if words == nil, let byte = UInt8(exactly: number) {
        bytes.append(byte)
      } else {
        if words == nil { words = bytes.map(Int32.init) }
        words?.append(number)
      }
    }
    self.numbers = words.map(Numbers.words) ?? .bytes(bytes)
  }

  /// Zero.
  public var startIndex: Int { 0 }

  /// The number of tokens.
  public var endIndex: Int {
    switch numbers {
    case .bytes(let bytes): bytes.count
    case .words(let words): words.count
    }
  }

  /// The number of the character at a position.
  public subscript(position: Int) -> Int32 {
    switch numbers {
    case .bytes(let bytes): Int32(bytes[position])
    case .words(let words): words[position]
    }
  }
}

extension Tokens: ExpressibleByArrayLiteral {
  /// Creates tokens from their numbers.
  public init(arrayLiteral numbers: Int32...) { self.init(numbers) }
}
