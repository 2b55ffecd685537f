import Foundation

/// A socket that waits for connections of the local machine.
struct Listener {
  private let socket: Int32

  init(port: UInt16) throws {
    #if canImport(Glibc)
      socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      socket = Darwin.socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var reuse: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &reuse, 4)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let isBound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isBound, listen(socket, 64) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EADDRINUSE)
    }
  }

  /// Waits for the next connection.
  func accept() -> Connection {
    #if canImport(Glibc)
      Connection(socket: Glibc.accept(socket, nil, nil))
    #else
      Connection(socket: Darwin.accept(socket, nil, nil))
    #endif
  }
}

/// A connection that speaks as much HTTP/1.1 as `curl` and a load generator need.
final class Connection: @unchecked Sendable {
  private let socket: Int32
  private var received = Data()

  init(socket: Int32) { self.socket = socket }

  /// The body of the next request, or `nil` at the end of the connection.
  func nextRequest() -> String? {
    let blank = Data("\r\n\r\n".utf8)
    while true {
      if let end = received.range(of: blank) {
        let head = String(decoding: received[..<end.lowerBound], as: UTF8.self).lowercased()
        let length = head.split(separator: "\r\n").lazy
          .first { $0.hasPrefix("content-length:") }
          .flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) }
        let body = received[end.upperBound...]
        let count = length ?? 0
        if count >= 0, body.count >= count {
          received = Data(body.dropFirst(count))
          return String(decoding: body.prefix(count), as: UTF8.self)
        }
      }
      // A request is small; anything larger is not one.
      guard received.count < 1 << 20, let more = read() else { return nil }
      received.append(more)
    }
  }

  private func read() -> Data? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(socket, &buffer, buffer.count, 0)
    return count > 0 ? Data(buffer[..<count]) : nil
  }

  /// Sends a response.
  func respond(_ body: String) {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    let bytes = Array((head + "Content-Length: \(body.utf8.count)\r\n\r\n" + body).utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { send(socket, $0.baseAddress, $0.count, 0) }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// Ends the connection.
  func close() {
    #if canImport(Glibc)
      _ = Glibc.close(socket)
    #else
      _ = Darwin.close(socket)
    #endif
  }
}
