import Autograd
import Tensor

// Matrix products, convolutions, pooling, normalization and attention.

extension ONNXOperations {
  static let products: [String: Rule] = [
    "matmul": { call throws(ONNXFailure) in [call.node("MatMul", call.names)] },
    "linear": { call throws(ONNXFailure) in
      if call.x.rank == 2 && call.x.dtype != .int32 {
        return [call.node("Gemm", call.names, ["transB": .integer(1)])]
      }
      let weight = call.node("Transpose", [call.names[1]], ["perm": .integers([1, 0])])
      let product = call.node("MatMul", [call.x.name, weight])
      return [call.inputs.count == 3 ? call.node("Add", [product, call.names[2]]) : product]
    },
    "einsum": { call throws(ONNXFailure) in
      let formula = try call.text("formula")
      // Diagonals, of letters that occur twice in one operand, are left to the parts.
      let operands = formula.prefix { $0 != "-" }.split(separator: ",")
      if operands.contains(where: { Set($0).count != $0.count }) { throw .useParts }
      return [call.node("Einsum", call.names, ["equation": .string(formula)])]
    },
    "determinant": { call throws(ONNXFailure) in [call.node("Det", [call.x.name])] },
  ]
}

// MARK: - Windows

extension ONNXOperations {
  private static func convolution(_ operatorName: String) -> Rule {
    { call throws(ONNXFailure) in
      let (kernel, stride) = (try call.list("kernelSize"), try call.list("stride"))
      let (dilation, pads) = (try call.list("dilation"), try call.list("pads"))
      let groups = try call.integer("groups")
      if operatorName == "Conv" {
        return [
          call.node(
            "Conv", call.names,
            [
              "kernel_shape": .integers(kernel), "strides": .integers(stride),
              "dilations": .integers(dilation), "pads": .integers(pads),
              "group": .integer(groups),
            ])
        ]
      }
      return [
        call.node(
          "ConvTranspose", call.names,
          [
            "kernel_shape": .integers(kernel), "strides": .integers(stride),
            "dilations": .integers(dilation), "pads": .integers(pads), "group": .integer(groups),
            "output_padding": .integers(try call.list("outputPadding")),
          ])
      ]
    }
  }

  private static let maxima: Rule = { call throws(ONNXFailure) in
    [
      call.node(
        "MaxPool", [call.x.name],
        [
          "kernel_shape": .integers(try call.list("kernelSize")),
          "strides": .integers(try call.list("stride")),
          "dilations": .integers(try call.list("dilation")),
          "pads": .integers(try call.list("pads")),
        ])
    ]
  }

  private static let means: Rule = { call throws(ONNXFailure) in
    [
      call.node(
        "AveragePool", [call.x.name],
        [
          "kernel_shape": .integers(try call.list("kernelSize")),
          "strides": .integers(try call.list("stride")),
          "dilations": .integers(try call.list("dilation")),
          "pads": .integers(try call.list("pads")),
          "count_include_pad": .integer(try call.flag("countsPadding") ? 1 : 0),
        ])
    ]
  }

  /// Pooling to one element; to several, the parts have matrices or positions for the sizes.
  private static func adaptive(_ operatorName: String) -> Rule {
    { call throws(ONNXFailure) in
      if try call.list("outputSize").contains(where: { $0 != 1 }) { throw .useParts }
      return [
        call.node(
          operatorName, [call.x.name, call.builder.integers(Array(2..<call.x.rank))],
          ["keepdims": .integer(1)])
      ]
    }
  }

  static let windows: [String: Rule] = [
    "conv1d": convolution("Conv"), "conv2d": convolution("Conv"),
    "convTranspose1d": convolution("ConvTranspose"),
    "convTranspose2d": convolution("ConvTranspose"),
    "maxPool1d": maxima, "maxPool2d": maxima, "averagePool1d": means, "averagePool2d": means,
    "adaptiveAveragePool1d": adaptive("ReduceMean"),
    "adaptiveAveragePool2d": adaptive("ReduceMean"),
    "adaptiveMaxPool2d": adaptive("ReduceMax"),
    "interpolate": { call throws(ONNXFailure) in
      if call.x.shapes == call.output.shapes { return [call.node("Identity", [call.x.name])] }
      // For sizes that are known, the parts hold the same positions and weights.
      if call.x.fixedSize(2) != nil && call.x.fixedSize(3) != nil { throw .useParts }
      let builder = call.builder
      let isNearest = try call.text("mode") == "nearest"
      let coordinates =
        isNearest ? "asymmetric" : try call.flag("alignCorners") ? "align_corners" : "half_pixel"
      let scale = try call.number("scale")
      var inputs = [call.x.name, ""]
      if scale > 0 {
        let factors = Tensor([1, 1, 1 / scale, 1 / scale], dtype: .float32)
        inputs.append(builder.constant(factors, named: "/scales"))
      } else {
        inputs += ["", try builder.sizes(of: call.output.shapes, near: call.inputs)]
      }
      return [
        call.node(
          "Resize", inputs,
          [
            "mode": .string(isNearest ? "nearest" : "linear"),
            "coordinate_transformation_mode": .string(coordinates),
            "nearest_mode": .string("floor"),
          ])
      ]
    },
  ]
}

// MARK: - Normalization and attention

extension ONNXOperations {
  static let normalizations: [String: Rule] = [
    "layerNorm": { call throws(ONNXFailure) in
      [
        call.node(
          "LayerNormalization", call.names,
          ["axis": .integer(-1), "epsilon": .float(try call.number("epsilon"))])
      ]
    },
    "rmsNorm": { call throws(ONNXFailure) in
      let squares = call.node("Mul", [call.x.name, call.x.name])
      let mean = call.node("ReduceMean", [squares, call.builder.integers([-1])])
      let sum = call.node("Add", [mean, call.scalar(try call.number("epsilon"))])
      let normal = call.node("Div", [call.x.name, call.node("Sqrt", [sum])])
      return [call.node("Mul", [normal, call.names[1]])]
    },
  ]

  static let attention: [String: Rule] = [
    "scaledDotProductAttention": { call throws(ONNXFailure) in
      let (q, k, v) = (call.inputs[0], call.inputs[1], call.inputs[2])
      let isCausal = try call.flag("isCausal")
      var order = Array(0..<k.rank)
      order.swapAt(k.rank - 2, k.rank - 1)
      let scaled = call.node("Mul", [q.name, call.scalar(try call.number("scale"))])
      var scores = call.node(
        "MatMul", [scaled, call.node("Transpose", [k.name], ["perm": .integers(order)])])
      let hidden = call.scalar(-.infinity)
      var mayHideAll = false
      if call.inputs.count == 4 {
        let mask = call.inputs[3]
        mayHideAll = true
        if mask.dtype == .bool {
          scores = call.node("Where", [mask.name, scores, hidden])
        } else {
          let numbers =
            mask.dtype == q.dtype
            ? mask.name : call.builder.cast(mask.name, to: ONNXGraph.ElementType(q.dtype))
          scores = call.node("Add", [scores, numbers])
        }
      }
      if isCausal {
        // Query i sees keys up to i + s − t.
        let (queries, keys) = (q.sizes(q.rank - 2), k.sizes(k.rank - 2))
        mayHideAll = mayHideAll || queries != keys
        let rows = try call.builder.range(to: queries, near: [q])
        let columns = try call.builder.range(to: keys, near: [k])
        let ends =
          queries == keys
          ? rows
          : call.node(
            "Add",
            [
              rows,
              call.node(
                "Sub",
                [
                  call.builder.size(of: k.name, axis: k.rank - 2),
                  call.builder.size(of: q.name, axis: q.rank - 2),
                ]),
            ])
        let isSeen = call.node(
          "LessOrEqual", [columns, call.node("Unsqueeze", [ends, call.builder.integers([1])])])
        scores = call.node("Where", [isSeen, scores, hidden])
      }
      var weights = call.node("Softmax", [scores], ["axis": .integer(-1)])
      if mayHideAll {
        // A query that sees no key gives zeros.
        let greatest = call.node("ReduceMax", [scores, call.builder.integers([-1])])
        let isBlind = call.node("Equal", [greatest, hidden])
        weights = call.node("Where", [isBlind, call.scalar(0), weights])
      }
      return [call.node("MatMul", [weights, v.name])]
    }
  ]
}
