import CKernels
import CLibrary

/// Linear layers one after another, each with or without an activation function, that are small: a
/// call of every operation would take longer than its arithmetic.
///
/// A block of rows goes through all layers, and back, while it is in a near cache. Blocks do not
/// depend on each other, and gradients of weights are summed in parts that are cut by the number of
/// rows and weights alone, so results are the same for any number of threads.
package struct DenseKernels: Sendable {
  /// The form of a layer y = f(x · Wᵀ + b).
  package struct Layer: Sendable {
    /// Whether there is a b.
    package let hasBias: Bool
    /// f, or `nil` for the identity.
    package let activation: FusedActivation?

    /// Creates the form of a layer.
    package init(hasBias: Bool, activation: FusedActivation?) {
      (self.hasBias, self.activation) = (hasBias, activation)
    }

    /// Whether the gradient needs what the activation function was applied to.
    var keepsInputOfActivation: Bool { activation.map { !$0.readsOutput } ?? false }
  }

  /// A layer and its place among the others.
  private struct Place {
    let form: Layer
    let inputs: Int
    let outputs: Int
    /// The position of the weight among the operands; the bias follows.
    let weight: Int
    /// The elements of a row in memory that come before those of the layer: first the inputs of its
    /// activation function, if they are kept, then the outputs.
    let offset: Int
  }

  /// What the forward pass leaves to the gradient.
  package struct Activations: Sendable {
    /// The output of the last layer, [.., out].
    package let value: Tensor
    /// The outputs of the other layers, and the inputs of activation functions that keep them.
    fileprivate let kept: Storage
  }

  /// The elements of a layer's output in a block of rows, 64 KiB of float32.
  private static let blockElements = 1 << 14

  /// The input and the parameters, as constants without gaps.
  private let operands: [Tensor]
  private let layers: [Place]
  private let rows: Int
  private let dtype: DType
  /// The sum of the sizes of the weights.
  private let weights: Int
  private let widest: Int
  /// The elements of a row of all layers.
  private let rowElements: Int
  private let blockRows: Int

  /// Creates layers, or returns `nil` if this form is not the faster one or cannot compute them.
  ///
  /// It cannot if products round, and operands that do not fit are left to what reports them. More
  /// weights are worth packing, and a single product has strategies of its own.
  ///
  /// - Parameters:
  ///   - operands: The input [.., in], then the weight [out, in] of each layer, with its bias [out]
  ///     if it has one; all of one floating-point dtype.
  ///   - forms: The forms of the layers.
  package init?(_ operands: [Tensor], _ forms: [Layer]) {
    let (rank, count) = (operands[0].rank, operands[0].elementCount)
    dtype = operands[0].dtype
    guard forms.count > 1, rank >= 1, count > 0, dtype.isFloatingPoint,
      MatmulPrecision.current == .float32
    else { return nil }
    var (layers, weight, elements) = ([Place](), 1, 0)
    layers.reserveCapacity(forms.count)
    var size = operands[0].shape[rank - 1]
    rows = count / size
    var (weights, widest) = (0, size)
    for form in forms {
      let shape = operands[weight].shape
      guard shape.rank == 2, shape[1] == size, shape[0] > 0, operands[weight].dtype == dtype else {
        return nil
      }
      layers.append(
        Place(form: form, inputs: size, outputs: shape[0], weight: weight, offset: elements))
      size = shape[0]
      weights += shape.elementCount
      widest = Swift.max(widest, size)
      elements += form.keepsInputOfActivation ? 2 * size : size
      weight += 1
      if !form.hasBias { continue }
      guard operands[weight].shape == [size], operands[weight].dtype == dtype else { return nil }
      weight += 1
    }
    guard weights <= 1 << 16, widest <= 128 || rows <= 16 else { return nil }
    self.operands = operands.map(\.contiguous)
    (self.layers, rowElements) = (layers, elements)
    (self.weights, self.widest) = (weights, widest)
    // A block for each grain of work, of as many rows as stay in the cache.
    let even = (rows - 1) / Swift.max(1, rows * weights / Grain.multiplyAdds) + 1
    blockRows = Swift.max(16, Swift.min(even, Self.blockElements / widest))
  }

  // MARK: Blocks

  private var size: Int { dtype.byteCount }
  private var blockCount: Int { (rows + blockRows - 1) / blockRows }

  private func rowsOfBlock(_ block: Int) -> Range<Int> {
    block * blockRows..<Swift.min(rows, (block + 1) * blockRows)
  }

  /// Memory for what the layers compute for a number of rows.
  private struct Workspace {
    let start: UnsafeMutableRawPointer
    /// The rows that there is memory for, and the first of them that is used.
    let rows: Int
    let first: Int
  }

  /// The inputs of the activation function of a layer, and its outputs, which are the same memory
  /// unless both are kept.
  private func outputs(
    of layer: Int, in workspace: Workspace
  ) -> (before: UnsafeMutableRawPointer, after: UnsafeMutableRawPointer) {
    let width = layers[layer].outputs
    let place = layers[layer].offset * workspace.rows + workspace.first * width
    let before = workspace.start + place * size
    let isKept = layers[layer].form.keepsInputOfActivation
    let after = isKept ? before + workspace.rows * width * size : before
    return (before, after)
  }

  // MARK: Forward

  /// Computes the layers; the gradient needs what is kept.
  package func forward(keepingActivations: Bool) -> Activations {
    var shape = operands[0].shape
    shape[shape.rank - 1] = layers[layers.count - 1].outputs
    let value = Tensor(uninitialized: shape, dtype: dtype)
    let kept = Storage(byteCount: keepingActivations ? rowElements * rows * size : 0)
    let kernels = MatrixProduct.kernels(dtype, .float32)
    let transposed = transposedWeights()
    let (target, keptStart, transposedStart) = (value.pointer, kept.pointer, transposed.pointer)
    forEachChunk(of: blockCount, each: blockRows * weights, grain: Grain.multiplyAdds) { blocks in
      let scratch =
        keepingActivations ? nil : Storage(byteCount: rowElements * blockRows * size)
      for block in blocks {
        let rows = rowsOfBlock(block)
        let workspace =
          scratch.map { Workspace(start: $0.pointer, rows: blockRows, first: 0) }
          ?? Workspace(start: keptStart, rows: self.rows, first: rows.lowerBound)
        forward(rows, in: workspace, kernels, transposedStart, target)
      }
      withExtendedLifetime(scratch) {}
    }
    withExtendedLifetime(transposed) {}
    return Activations(value: value, kept: kept)
  }

  /// The weights as [in, out], whose rows are read as vectors.
  private func transposedWeights() -> Storage {
    let result = Storage(byteCount: weights * size)
    guard let transpose = ck_transpose(Execution.current.kernels, size) else { return result }
    var target = result.pointer
    for layer in layers {
      transpose(
        operands[layer.weight].pointer, layer.inputs, target, layer.outputs, layer.outputs,
        layer.inputs)
      target += layer.inputs * layer.outputs * size
    }
    return result
  }

  private func forward(
    _ rows: Range<Int>, in workspace: Workspace, _ kernels: UnsafePointer<ck_gemm>,
    _ transposed: UnsafeRawPointer, _ target: UnsafeMutableRawPointer
  ) {
    let table = Execution.current.kernels
    var input = UnsafeRawPointer(operands[0].pointer + rows.lowerBound * layers[0].inputs * size)
    var weight = transposed
    for (index, layer) in layers.enumerated() {
      let width = layer.outputs
      var (before, after) = outputs(of: index, in: workspace)
      if index == layers.count - 1 {
        after = target + rows.lowerBound * width * size
        if !layer.form.keepsInputOfActivation { before = after }
      }
      if layer.form.hasBias {
        repeatRow(operands[layer.weight + 1].pointer, width * size, rows.count, to: before)
      }
      let accumulate: Int32 = layer.form.hasBias ? 1 : 0
      // As `MatrixProduct` does, with the same bits.
      if width == 1 && layer.inputs >= 64 {
        kernels.pointee.matvec(
          rows.count, layer.inputs, input, layer.inputs, weight, before, 1, accumulate)
      } else {
        kernels.pointee.small(
          rows.count, width, layer.inputs, input, layer.inputs, 1, weight, width, before, width,
          accumulate)
      }
      if let activation = layer.form.activation {
        ck_unary(table, activation.value, dtype.code)?(before, 1, after, rows.count * width)
      }
      input = UnsafeRawPointer(after)
      weight += layer.inputs * layer.outputs * size
    }
  }

  /// Writes a row of bytes `count` times, by copies of what has been written.
  private func repeatRow(
    _ row: UnsafeRawPointer, _ bytes: Int, _ count: Int, to target: UnsafeMutableRawPointer
  ) {
    memcpy(target, row, bytes)
    var (done, all) = (bytes, count * bytes)
    while done < all {
      let next = Swift.min(done, all - done)
      memcpy(target + done, target, next)
      done += next
    }
  }

  // MARK: Backward

  /// Computes the gradients of the operands.
  ///
  /// - Parameters:
  ///   - dy: The gradient of the value.
  ///   - activations: What the forward pass kept.
  ///   - needsInput: Whether the gradient of the input is computed.
  /// - Returns: The gradients in the order of the operands, `nil` for an input that needs none.
  package func backward(
    _ dy: Tensor, _ activations: Activations, needsInput: Bool
  ) -> [Tensor?] {
    let dy = dy.contiguous
    var gradients: [Tensor?] = []
    // The places of the gradients in memory.
    var targets: [UnsafeMutableRawPointer] = []
    gradients.reserveCapacity(operands.count)
    targets.reserveCapacity(operands.count)
    for index in operands.indices {
      if index == 0 && !needsInput {
        gradients.append(nil)
        continue
      }
      let gradient = Tensor(uninitialized: operands[index].shape, dtype: dtype)
      targets.append(gradient.pointer)
      gradients.append(gradient)
    }
    let pass = BackwardPass(
      dy: dy.pointer, value: activations.value.pointer, kept: activations.kept.pointer,
      input: needsInput ? targets.removeFirst() : nil)
    let parts = Swift.max(1, Swift.min(16, blockCount, rows * weights / Grain.multiplyAdds))
    if parts == 1 {
      backward(0..<blockCount, pass, into: targets)
    } else {
      sum(parts, of: pass, into: targets)
    }
    withExtendedLifetime((dy, activations)) {}
    return gradients
  }

  /// What a backward pass reads, and the gradient of the input that it writes.
  private struct BackwardPass: @unchecked Sendable {
    let dy: UnsafeMutableRawPointer
    let value: UnsafeMutableRawPointer
    let kept: UnsafeMutableRawPointer
    let input: UnsafeMutableRawPointer?
  }

  /// Computes the gradients of parts of the rows and sums those of parameters in order.
  private func sum(
    _ parts: Int, of pass: BackwardPass, into targets: [UnsafeMutableRawPointer]
  ) {
    let counts = operands.dropFirst().map { $0.elementCount * size }
    let bytes = counts.reduce(0, +)
    let sums = Storage(byteCount: parts * bytes)
    let start = sums.pointer
    ThreadPool.run(tasks: parts) { part in
      var target = start + part * bytes
      let places = counts.map { count in
        defer { target += count }
        return target
      }
      let blocks = part * blockCount / parts..<(part + 1) * blockCount / parts
      backward(blocks, pass, into: places)
    }
    guard let add = ck_binary(Execution.current.kernels, CK_BINARY_ADD, dtype.code) else { return }
    forEachChunk(
      of: bytes / size, each: parts, grain: Grain.elements(dtype, isFast: true, of: bytes / size)
    ) { range in
      let first = start + range.lowerBound * size
      for part in 1..<parts { add(first, 1, first + part * bytes, 1, first, range.count) }
    }
    var source = start
    for (target, count) in zip(targets, counts) {
      memcpy(target, source, count)
      source += count
    }
    withExtendedLifetime(sums) {}
  }

  /// Computes the gradients of some blocks of rows; those of parameters are set by the first block,
  /// and the others add to them.
  private func backward(
    _ blocks: Range<Int>, _ pass: BackwardPass, into targets: [UnsafeMutableRawPointer]
  ) {
    // The gradients of the outputs of a layer and of the one before, in turn, and ones.
    let scratch = Storage(byteCount: (2 * widest + 1) * blockRows * size)
    let ones = scratch.pointer + 2 * widest * blockRows * size
    fillWithOnes(ones)
    let kernels = MatrixProduct.kernels(dtype, .float32)
    for block in blocks {
      backward(
        rowsOfBlock(block), pass, into: targets, scratch.pointer, ones, kernels,
        accumulate: block == blocks.lowerBound ? 0 : 1)
    }
    withExtendedLifetime(scratch) {}
  }

  private func backward(
    _ rows: Range<Int>, _ pass: BackwardPass, into targets: [UnsafeMutableRawPointer],
    _ scratch: UnsafeMutableRawPointer, _ ones: UnsafeRawPointer,
    _ kernels: UnsafePointer<ck_gemm>, accumulate: Int32
  ) {
    let workspace = Workspace(start: pass.kept, rows: self.rows, first: rows.lowerBound)
    let last = layers.count - 1
    // The gradients of a layer and of the one before are in turn in the halves of the scratch.
    func place(_ index: Int) -> UnsafeMutableRawPointer {
      scratch + index % 2 * blockRows * widest * size
    }
    var delta = pass.dy + rows.lowerBound * layers[last].outputs * size
    for index in (0...last).reversed() {
      let layer = layers[index]
      let width = layer.outputs
      if let activation = layer.form.activation {
        var (before, after) = outputs(of: index, in: workspace)
        if index == last { after = pass.value + rows.lowerBound * width * size }
        // In place, except that the gradient of the value belongs to the caller.
        ck_binary(Execution.current.kernels, activation.gradient, dtype.code)?(
          delta, 1, activation.readsOutput ? after : before, 1, place(index), rows.count * width)
        delta = place(index)
      }
      let input =
        index == 0
        ? operands[0].pointer + rows.lowerBound * layer.inputs * size
        : outputs(of: index - 1, in: workspace).after
      kernels.pointee.small(
        width, layer.inputs, rows.count, delta, 1, width, input, layer.inputs,
        targets[layer.weight - 1], layer.inputs, accumulate)
      if layer.form.hasBias {
        // The sum of the rows, as their product with ones.
        if width == 1 {
          kernels.pointee.matvec(
            1, rows.count, delta, rows.count, ones, targets[layer.weight], 1, accumulate)
        } else {
          kernels.pointee.small(
            1, width, rows.count, ones, 0, 1, delta, width, targets[layer.weight], width,
            accumulate)
        }
      }
      let next =
        index > 0 ? place(index - 1) : pass.input.map { $0 + rows.lowerBound * layer.inputs * size }
      guard let next else { continue }
      kernels.pointee.small(
        rows.count, layer.inputs, width, delta, width, 1, operands[layer.weight].pointer,
        layer.inputs, next, layer.inputs, 0)
      delta = next
    }
  }

  private func fillWithOnes(_ target: UnsafeMutableRawPointer) {
    if dtype == .float64 {
      target.initializeMemory(as: Double.self, repeating: 1, count: blockRows)
    } else {
      target.initializeMemory(as: Float.self, repeating: 1, count: blockRows)
    }
  }
}
