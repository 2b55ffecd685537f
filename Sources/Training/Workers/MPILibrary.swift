import CLibrary
import Tensor

/// The functions and constants of an MPI library that is loaded while the program runs.
///
/// Nothing of MPI is needed to build. Its libraries differ in what a handle, such as that of a
/// type, is: the standard ABI of MPI 5 has fixed addresses, Open MPI has those of its symbols, and
/// MPICH has integers of 32 bits. All of them are passed as machine words, of which a function that
/// takes an integer reads the lower half.
struct MPILibrary: @unchecked Sendable {
  // Unchecked because of the pointer, which is a constant.
  typealias Handle = UInt
  typealias Address = UnsafeMutableRawPointer?
  typealias Query = @convention(c) (Handle, UnsafeMutablePointer<Int32>) -> Int32

  let start: @convention(c) (Address, Address, Int32, UnsafeMutablePointer<Int32>) -> Int32
  let finish: @convention(c) () -> Int32
  let abort: @convention(c) (Handle, Int32) -> Int32
  let rank: Query
  let size: Query
  let broadcast: @convention(c) (Address, Int32, Handle, Int32, Handle) -> Int32
  let barrier: @convention(c) (Handle) -> Int32
  let gather: @convention(c) (Address, Int32, Handle, Address, Int32, Handle, Handle) -> Int32
  let gatherUnequal:
    @convention(c) (
      Address, Int32, Handle, Address, UnsafePointer<Int32>, UnsafePointer<Int32>, Handle, Handle
    ) -> Int32
  let exchange:
    @convention(c) (
      Address, UnsafePointer<Int32>, UnsafePointer<Int32>, Handle, Address, UnsafePointer<Int32>,
      UnsafePointer<Int32>, Handle, Handle
    ) -> Int32
  let split: @convention(c) (Handle, Int32, Int32, Handle, UnsafeMutablePointer<Handle>) -> Int32
  let allocateShared:
    @convention(c) (
      Int, Int32, Handle, Handle, UnsafeMutablePointer<Address>, UnsafeMutablePointer<Handle>
    ) -> Int32
  let queryShared:
    @convention(c) (
      Handle, Int32, UnsafeMutablePointer<Int>, UnsafeMutablePointer<Int32>,
      UnsafeMutablePointer<Address>
    ) -> Int32
  let lockAll: @convention(c) (Int32, Handle) -> Int32
  let unlockAll: @convention(c) (Handle) -> Int32
  let freeWindow: @convention(c) (UnsafeMutablePointer<Handle>) -> Int32

  /// The communicator of all processes.
  let world: Handle
  let byte: Handle
  let noInfo: Handle
  /// What stands for the buffer to send where it is the one to receive in.
  let inPlace: Address
  /// `MPI_THREAD_SERIALIZED`: calls from any thread, one at a time.
  let serialized: Int32
  /// `MPI_COMM_TYPE_SHARED`: a group of processes that can share memory.
  let sharedType: Int32

  /// What a library's handles are.
  enum Kind {
    case standard, openMPI, mpich

    /// The file names of the library, of all versions with these handles.
    var names: [String] {
      #if canImport(Darwin)
        switch self {
        case .standard: ["libmpi_abi.1.dylib", "libmpi_abi.dylib"]
        case .openMPI: ["libmpi.40.dylib"]
        case .mpich: ["libmpi.12.dylib"]
        }
      #else
        switch self {
        case .standard: ["libmpi_abi.so.1"]
        case .openMPI: ["libmpi.so.40"]
        case .mpich: ["libmpi.so.12"]
        }
      #endif
    }
  }

  /// Loads the first library that is there.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that says what was looked for.
  init(_ kinds: [Kind]) throws(TrainingError) {
    for kind in kinds {
      for path in Self.paths(kind.names) {
        guard let library = dlopen(path, RTLD_NOW | RTLD_GLOBAL) else { continue }
        try self.init(library, kind, path)
        return
      }
    }
    throw .inputOutput(
      "no MPI library was found: neither \(kinds.flatMap(\.names).joined(separator: " nor ")) is"
        + " beside the launcher or in LD_LIBRARY_PATH")
  }

  private init(
    _ library: UnsafeMutableRawPointer, _ kind: Kind, _ path: String
  ) throws(TrainingError) {
    func symbol(_ name: String) throws(TrainingError) -> UnsafeMutableRawPointer {
      guard let symbol = dlsym(library, name) else {
        throw .inputOutput("\(path) has no \(name)")
      }
      return symbol
    }
    func function<Function>(_ name: String, _: Function.Type) throws(TrainingError) -> Function {
      unsafeBitCast(try symbol(name), to: Function.self)
    }
    func address(_ name: String) throws(TrainingError) -> Handle {
      UInt(bitPattern: try symbol(name))
    }
    start = try function("MPI_Init_thread", type(of: start))
    finish = try function("MPI_Finalize", type(of: finish))
    abort = try function("MPI_Abort", type(of: abort))
    rank = try function("MPI_Comm_rank", Query.self)
    size = try function("MPI_Comm_size", Query.self)
    broadcast = try function("MPI_Bcast", type(of: broadcast))
    barrier = try function("MPI_Barrier", type(of: barrier))
    gather = try function("MPI_Allgather", type(of: gather))
    gatherUnequal = try function("MPI_Allgatherv", type(of: gatherUnequal))
    exchange = try function("MPI_Alltoallv", type(of: exchange))
    split = try function("MPI_Comm_split_type", type(of: split))
    allocateShared = try function("MPI_Win_allocate_shared", type(of: allocateShared))
    queryShared = try function("MPI_Win_shared_query", type(of: queryShared))
    lockAll = try function("MPI_Win_lock_all", type(of: lockAll))
    unlockAll = try function("MPI_Win_unlock_all", type(of: unlockAll))
    freeWindow = try function("MPI_Win_free", type(of: freeWindow))
    switch kind {
    case .standard:
      (world, byte, noInfo) = (0x101, 0x247, 0x130)
      inPlace = UnsafeMutableRawPointer(bitPattern: 1)
      (serialized, sharedType) = (2048, 221)
    case .openMPI:
      world = try address("ompi_mpi_comm_world")
      byte = try address("ompi_mpi_byte")
      noInfo = try address("ompi_mpi_info_null")
      inPlace = UnsafeMutableRawPointer(bitPattern: 1)
      (serialized, sharedType) = (2, 0)
    case .mpich:
      (world, byte, noInfo) = (0x4400_0000, 0x4c00_010d, 0x1c00_0000)
      inPlace = UnsafeMutableRawPointer(bitPattern: -1)
      (serialized, sharedType) = (2, 1)
    }
  }

  /// Where files may be: in `lib` beside the folder of the launcher, which is the parent of this
  /// process, where the system looks, and in `lib` beside each folder of `PATH` that has a
  /// launcher.
  private static func paths(_ names: [String]) -> [String] {
    var folders: [String] = []
    if let parent = executable(of: getppid()), let end = parent.lastIndex(of: "/") {
      folders.append(String(parent[..<end]))
    }
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    let others = path.split(separator: ":").map(String.init).filter {
      access("\($0)/mpirun", X_OK) == 0 || access("\($0)/mpiexec", X_OK) == 0
    }
    func beside(_ folders: [String]) -> [String] {
      folders.flatMap { folder in names.map { "\(folder)/../lib/\($0)" } }
    }
    return beside(folders) + names + beside(others)
  }

  /// The path of the program of a process, where the system tells.
  private static func executable(of process: pid_t) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/\(process)/exe", &buffer, buffer.count)
    guard length > 0 else { return nil }
    return String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
