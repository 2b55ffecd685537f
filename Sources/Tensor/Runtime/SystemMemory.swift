import CLibrary

/// The memory that the process may use.
enum SystemMemory {
  /// The bytes of memory of the machine or, if that is less, of the process's control group.
  static let byteCount: Int = {
    let pages = Int(sysconf(Int32(_SC_PHYS_PAGES)))
    let physical = pages > 0 ? pages * Int(sysconf(Int32(_SC_PAGESIZE))) : Int.max
    let groups = (try? readFile("/proc/self/cgroup")).map { String(decoding: $0, as: UTF8.self) }
    return min(physical, groups.flatMap { limit(ofGroups: $0) } ?? .max)
  }()

  /// Finds the lowest limit of the control groups that lines of `/proc/self/cgroup` name, and of
  /// the groups around them.
  ///
  /// - Parameters:
  ///   - groups: Lines such as `0::/path` (version 2) and `5:memory:/path` (version 1).
  ///   - root: The folder of the groups.
  /// - Returns: The limit in bytes, or `nil` if there is none.
  static func limit(ofGroups groups: String, in root: String = "/sys/fs/cgroup") -> Int? {
    var limits: [Int] = []
    for line in groups.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isSecondVersion = parts[0] == "0" && parts[1].isEmpty
      guard isSecondVersion || parts[1].split(separator: ",").contains("memory") else { continue }
      let folder = isSecondVersion ? root : root + "/memory"
      let name = isSecondVersion ? "memory.max" : "memory.limit_in_bytes"
      // In a container the path may be that outside of it, where only the root is visible.
      var path = parts[2].split(separator: "/")
      while true {
        let file = ([folder] + path.map(String.init) + [name]).joined(separator: "/")
        if let text = try? readFile(file), let limit = number(text) { limits.append(limit) }
        if path.popLast() == nil { break }
      }
    }
    return limits.min()
  }

  /// The number in a file, or `nil` for the word `max`.
  private static func number(_ bytes: [UInt8]) -> Int? {
    Int(String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self))
  }
}
