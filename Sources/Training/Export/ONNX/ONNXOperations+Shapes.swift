import Autograd
import Tensor

// Operations that move, join and pick elements.

extension ONNXOperations {
  static let shapes: [String: Rule] = [
    "reshaped": { call throws(ONNXFailure) in
      try [reshaped(call.x, to: call.output.shapes, call.builder)]
    },
    "transposed": { call throws(ONNXFailure) in
      let axes = try call.list("axes").map { $0 < 0 ? $0 + call.x.rank : $0 }
      var order = Array(0..<call.x.rank)
      order.swapAt(axes[0], axes[1])
      return [call.node("Transpose", [call.x.name], ["perm": .integers(order)])]
    },
    "permuted": { call throws(ONNXFailure) in
      let order = try call.list("axes").map { $0 < 0 ? $0 + call.x.rank : $0 }
      return [call.node("Transpose", [call.x.name], ["perm": .integers(order)])]
    },
    "broadcast": { call throws(ONNXFailure) in
      try [broadcast(call.x, to: call.output.shapes, call.builder)]
    },
    "concatenated": joined, "stacked": joined,
    "diagonal": { call throws(ONNXFailure) in
      // The elements of the matrix in row order, of which every (n + 1)-th is on the diagonal.
      let offset = try call.integer("offset")
      guard let shape = call.x.fixedMatrix, let count = call.output.fixedSize(-1) else {
        throw .message("the sizes of the matrix depend on those of the inputs")
      }
      let places = (0..<count).map { i in
        (i + max(-offset, 0)) * shape.columns + i + max(offset, 0)
      }
      let rows = try flatRows(call.x, call.builder)
      return [
        call.node("Gather", [rows, call.builder.integers(places)], ["axis": .integer(-1)])
      ]
    },
    "onDiagonal": { call throws(ONNXFailure) in
      let offset = try call.integer("offset")
      guard let count = call.x.fixedSize(-1), let rows = call.output.fixedSize(-2),
        let columns = call.output.fixedSize(-1)
      else { throw .message("the sizes of the matrix depend on those of the inputs") }
      var places = [Int](repeating: count, count: rows * columns)
      for i in 0..<count {
        places[(i + max(-offset, 0)) * columns + i + max(offset, 0)] = i
      }
      // One more element, 0, is what all other places show.
      let pads = [Int](repeating: 0, count: call.x.rank * 2 - 1) + [1]
      let padded = call.node(
        "Pad", [call.x.name, call.builder.integers(pads), call.scalar(0)])
      let flat = call.node(
        "Gather", [padded, call.builder.integers(places)], ["axis": .integer(-1)])
      let sizes = try call.builder.sizes(of: call.output.shapes, near: call.inputs)
      return [call.node("Reshape", [flat, sizes])]
    },
    "rolled": { call throws(ONNXFailure) in
      let axis = call.builder.integers([try call.axis()])
      let starts = [try call.integerInEachTrace("start")]
      let start = try call.builder.integers(starts, near: call.inputs)
      let end = call.builder.integers([Int.max])
      let first = call.builder.integers([0])
      let parts = [
        call.node("Slice", [call.x.name, start, end, axis]),
        call.node("Slice", [call.x.name, first, start, axis]),
      ]
      return [call.node("Concat", parts, ["axis": .integer(try call.axis())])]
    },
    "cross": { call in
      let order = call.builder.integers([1, 2, 0])
      func next(_ x: String) -> String { call.node("Gather", [x, order], ["axis": .integer(-1)]) }
      let (a, b) = (call.names[0], call.names[1])
      let products = [call.node("Mul", [a, next(b)]), call.node("Mul", [next(a), b])]
      return [next(call.node("Sub", products))]
    },
    // Weighted means of two slices for each position.
    "blended": { call throws(ONNXFailure) in
      let axis = try call.axis()
      let sizes = [-1] + [Int](repeating: 1, count: call.x.rank - axis - 1)
      let parts = (0..<2).map { i in
        let slices = call.node(
          "Gather", [call.x.name, call.inputs[1 + i].name], ["axis": .integer(axis)])
        let weights = call.node(
          "Reshape", [call.inputs[3 + i].name, call.builder.integers(sizes)])
        return call.node("Mul", [slices, weights])
      }
      return [call.node("Add", parts)]
    },
    "padded": { call throws(ONNXFailure) in
      var pads = [[Int]](
        repeating: [Int](repeating: 0, count: call.attributes.count), count: call.x.rank * 2)
      let (before, after) = (
        try call.listInEachTrace("before"), try call.listInEachTrace("after")
      )
      for (i, axis) in try call.listInEachTrace("axes").enumerated() {
        pads[axis[0]] = before[i]
        pads[axis[0] + call.x.rank] = after[i]
      }
      // Elements that are removed at one end still appear in the reflection at the other.
      if pads.contains(where: { $0.contains { $0 < 0 } }) { throw .useParts }
      let mode = try call.text("mode")
      var inputs = [call.x.name, try call.builder.integers(pads, near: call.inputs)]
      if mode == "constant" { inputs.append(call.scalar(try call.number("value"))) }
      return [call.node("Pad", inputs, ["mode": .string(mode)])]
    },
  ]

  private static let joined: Rule = { call throws(ONNXFailure) in
    // The axis of a stack is that of the result.
    [call.node("Concat", call.names, ["axis": .integer(try call.axis())])]
  }

  /// A value with other shapes, with as few sizes computed as possible.
  static func reshaped(
    _ x: ONNXValue, to shapes: [Shape], _ builder: ONNXBuilder
  ) throws(ONNXFailure) -> String {
    let sizes = shapes[0].indices.map { axis in shapes.map { $0[axis] } }
    let hasZero = sizes.contains { $0.contains(0) } || x.shapes.contains { $0.contains(0) }
    // 0 copies the size of the same axis, and one −1 is inferred.
    var simple = [Int]()
    for (axis, size) in sizes.enumerated() {
      if builder.isConstant(size) {
        simple.append(size[0])
      } else if axis < x.rank && x.sizes(axis) == size && axis == simple.count(where: { $0 == 0 }) {
        simple.append(0)
      } else {
        simple.append(-1)
      }
    }
    if !hasZero && simple.count(where: { $0 == -1 }) <= 1 {
      return builder.node("Reshape", [x.name, builder.integers(simple)])
    }
    return builder.node(
      "Reshape", [x.name, try builder.integers(sizes, near: [x])],
      hasZero ? ["allowzero": .integer(1)] : [:])
  }

  private static func broadcast(
    _ x: ONNXValue, to shapes: [Shape], _ builder: ONNXBuilder
  ) throws(ONNXFailure) -> String {
    if shapes.contains(where: { $0.contains(0) }) && !x.shapes.contains(where: { $0.contains(0) }) {
      throw .message("an axis that is repeated 0 times has no counterpart in ONNX")
    }
    let added = shapes[0].rank - x.rank
    let sizes = shapes[0].indices.map { axis -> [Int] in
      let size = shapes.map { $0[axis] }
      // A size of 1 leaves the axis as it is.
      if axis >= added && x.sizes(axis - added) == size { return size.map { _ in 1 } }
      return size
    }
    return builder.node("Expand", [x.name, try builder.integers(sizes, near: [x])])
  }

  /// The matrices of the last two axes as rows.
  private static func flatRows(
    _ x: ONNXValue, _ builder: ONNXBuilder
  ) throws(ONNXFailure) -> String {
    let shapes = x.shapes.map { shape in
      Shape(Array(shape.dropLast(2)) + [shape[shape.rank - 2] * shape[shape.rank - 1]])
    }
    return try reshaped(x, to: shapes, builder)
  }
}

extension ONNXValue {
  /// The size of an axis, counted from the end if it is negative, if it is the same in all traces.
  func fixedSize(_ axis: Int) -> Int? {
    let sizes = sizes(axis < 0 ? axis + rank : axis)
    return sizes.allSatisfy { $0 == sizes[0] } ? sizes[0] : nil
  }

  /// The sizes of the last two axes if they are the same in all traces.
  fileprivate var fixedMatrix: (rows: Int, columns: Int)? {
    guard rank >= 2, let rows = fixedSize(-2), let columns = fixedSize(-1) else { return nil }
    return (rows, columns)
  }
}

// MARK: - Indices

extension ONNXOperations {
  static let indexing: [String: Rule] = [
    "subscript": { call throws(ONNXFailure) in
      try [indexed(call.x.name, rank: call.x.rank, call, tensors: Array(call.inputs.dropFirst()))]
    },
    "assignment": { call throws(ONNXFailure) in try written(call, reduction: "none") },
    "adding": { call throws(ONNXFailure) in try written(call, reduction: "add") },
    "selected": { call throws(ONNXFailure) in
      [call.node("Gather", call.names, ["axis": .integer(try call.axis())])]
    },
    "gathered": { call throws(ONNXFailure) in
      [call.node("GatherElements", call.names, ["axis": .integer(try call.axis())])]
    },
    "scattered": { call throws(ONNXFailure) in
      [
        call.node(
          "ScatterElements", [call.names[0], call.names[2], call.names[1]],
          ["axis": .integer(try call.axis())])
      ]
    },
    "scatterAdded": { call throws(ONNXFailure) in
      [
        call.node(
          "ScatterElements", [try zeros(call), call.names[1], call.names[0]],
          ["axis": .integer(try call.axis()), "reduction": .string("add")])
      ]
    },
    "indexAdded": { call throws(ONNXFailure) in
      let axis = try call.axis()
      // The positions, repeated for all elements of their slices.
      let sizes = (0..<call.x.rank).map { $0 == axis ? -1 : 1 }
      let column = call.builder.reshape(call.names[1], to: sizes)
      let places = call.node("Expand", [column, call.builder.shape(of: call.x.name)])
      return [
        call.node(
          "ScatterElements", [try zeros(call), places, call.x.name],
          ["axis": .integer(axis), "reduction": .string("add")])
      ]
    },
    "nonzero": { call throws(ONNXFailure) in
      // A scalar has no axis, and so no column.
      let x = call.x.rank == 0 ? call.builder.reshape(call.x.name, to: [1]) : call.x.name
      var places = call.node("Transpose", [call.node("NonZero", [x])])
      if call.x.rank == 0 {
        let (start, axis) = (call.builder.integers([0]), call.builder.integers([1]))
        places = call.node("Slice", [places, start, start, axis])
      }
      return [call.builder.cast(places, to: .int32)]
    },
    "unique": { call throws(ONNXFailure) in
      let results = call.builder.nodes("Unique", [call.x.name], ["sorted": .integer(1)], count: 4)
      let inverse = call.node("Reshape", [results[2], call.builder.shape(of: call.x.name)])
      return [
        results[0], call.builder.cast(results[3], to: .int32),
        call.builder.cast(inverse, to: .int32),
      ]
    },
  ]

  /// Zeros of the shape of the value.
  private static func zeros(_ call: ONNXCall) throws(ONNXFailure) -> String {
    let sizes = try call.builder.sizes(of: call.output.shapes, near: call.inputs)
    return call.node("Expand", [call.builder.scalar(0, call.output.dtype), sizes])
  }

  /// Values written or added at indices: the numbers of the elements are indexed in their place.
  private static func written(
    _ call: ONNXCall, reduction: String
  ) throws(ONNXFailure) -> [String] {
    let builder = call.builder
    let shape = builder.shape(of: call.x.name)
    let count = call.node("Size", [call.x.name])
    let numbers = call.node(
      "Reshape",
      [call.node("Range", [builder.integerScalar(0), count, builder.integerScalar(1)]), shape])
    let places = try indexed(
      numbers, rank: call.x.rank, call, tensors: Array(call.inputs.dropFirst(2)))
    let values = call.node("Expand", [call.names[1], builder.shape(of: places)])
    let flat = call.node(
      "ScatterElements",
      [
        builder.reshape(call.x.name, to: [-1]), builder.reshape(places, to: [-1]),
        builder.reshape(values, to: [-1]),
      ], ["axis": .integer(0), "reduction": .string(reduction)])
    return [call.node("Reshape", [flat, shape])]
  }

  /// The elements of a value at the indices of a call; see `AdvancedIndices` for the rules.
  private static func indexed(
    _ x: String, rank: Int, _ call: ONNXCall, tensors: [ONNXValue]
  ) throws(ONNXFailure) -> String {
    let kinds = try call.text("kinds").split(separator: " ").map(String.init)
    let numbers = try call.listInEachTrace("numbers")
    let builder = call.builder
    var rest = tensors[...]
    var taken = 0
    for kind in kinds where kind != "newAxis" && kind != "ellipsis" {
      taken += kind == "mask" ? rest.removeFirst().rank : 1
      if kind == "positions" { rest.removeFirst() }
    }
    rest = tensors[...]
    // The axis of the tensor and that of the view without single positions.
    var (axis, viewAxis) = (0, 0)
    var slices = [(axis: Int, start: [Int], end: [Int], step: Int)]()
    var (dropped, added) = ([Int](), [Int]())
    var picks = [(axis: Int, positions: String, rank: Int)]()
    var (isRun, isEnded, isSeparated) = (false, false, false)
    for (i, kind) in kinds.enumerated() {
      let (first, second, third) = (numbers[3 * i], numbers[3 * i + 1], numbers[3 * i + 2])
      var keeps = true
      switch kind {
      case "position":
        slices.append((axis, first, first.map { $0 == -1 ? Int.max : $0 + 1 }, 1))
        dropped.append(axis)
        axis += 1
        keeps = false
      case "range":
        guard builder.isConstant(third) else {
          throw .message("the step depends on the sizes or the values of the inputs")
        }
        if first.contains(where: { $0 != 0 }) || second.contains(where: { $0 != .max })
          || third[0] != 1
        {
          slices.append((axis, first, second, third[0]))
        }
        axis += 1
        viewAxis += 1
      case "newAxis":
        added.append(viewAxis)
        viewAxis += 1
      case "ellipsis":
        axis += rank - taken
        viewAxis += rank - taken
      case "positions":
        let tensor = rest.removeFirst()
        picks.append((viewAxis, builder.cast(tensor.name, to: .int64), tensor.rank))
        axis += 1
        viewAxis += 1
        keeps = false
      default:
        let mask = rest.removeFirst()
        let places = call.node("NonZero", [mask.name])
        for row in 0..<mask.rank {
          let positions = call.node(
            "Gather", [places, builder.integerScalar(row)], ["axis": .integer(0)])
          picks.append((viewAxis, positions, 1))
          axis += 1
          viewAxis += 1
        }
        keeps = false
      }
      isEnded = isEnded || isRun && keeps
      isSeparated = isSeparated || isEnded && !keeps
      isRun = !keeps
    }
    viewAxis += rank - axis
    var y = x
    if !slices.isEmpty {
      y = call.node(
        "Slice",
        [
          y, try builder.integers(slices.map(\.start), near: call.inputs),
          try builder.integers(slices.map(\.end), near: call.inputs),
          builder.integers(slices.map(\.axis)), builder.integers(slices.map(\.step)),
        ])
    }
    if !dropped.isEmpty { y = call.node("Squeeze", [y, builder.integers(dropped)]) }
    if !added.isEmpty { y = call.node("Unsqueeze", [y, builder.integers(added)]) }
    if picks.isEmpty {
      return slices.isEmpty && dropped.isEmpty && added.isEmpty ? call.node("Identity", [y]) : y
    }
    return picked(
      y, rank: viewAxis, picks, isSeparated: isSeparated, call)
  }

  /// The elements at positions along some axes, which are replaced together.
  private static func picked(
    _ x: String, rank: Int, _ picks: [(axis: Int, positions: String, rank: Int)],
    isSeparated: Bool, _ call: ONNXCall
  ) -> String {
    let builder = call.builder
    let axes = picks.map(\.axis)
    let isJoined = axes[axes.count - 1] - axes[0] == axes.count - 1
    let place = isSeparated || !isJoined ? 0 : axes[0]
    if picks.count == 1 && place == axes[0] {
      return call.node("Gather", [x, picks[0].positions], ["axis": .integer(axes[0])])
    }
    let order = axes + (0..<rank).filter { !axes.contains($0) }
    let moved =
      order == Array(0..<rank) ? x : call.node("Transpose", [x], ["perm": .integers(order)])
    // Each list of positions in the shape of all of them.
    let sum = picks.dropFirst().reduce(picks[0].positions) { call.node("Add", [$0, $1.positions]) }
    let zeros = call.node("Mul", [sum, builder.integerScalar(0)])
    let columns = picks.map { pick in
      call.node("Unsqueeze", [call.node("Add", [pick.positions, zeros]), builder.integers([-1])])
    }
    let places =
      columns.count == 1 ? columns[0] : call.node("Concat", columns, ["axis": .integer(-1)])
    let elements = call.node("GatherND", [moved, places])
    let pickRank = picks.map(\.rank).max() ?? 0
    if place == 0 { return elements }
    let others = (0..<(rank - axes.count)).map { $0 + pickRank }
    let perm = Array(others[..<place]) + Array(0..<pickRank) + Array(others[place...])
    return call.node("Transpose", [elements], ["perm": .integers(perm)])
  }
}
