import TestSupport
import Testing

struct ShapeTests {
  @Test func shapesAreCollectionsOfSizes() {
    var shape: Shape = [2, 3, 4]
    #expect(shape.rank == 3 && shape.count == 3 && shape.elementCount == 24)
    #expect(Array(shape) == [2, 3, 4] && shape.last == 4)
    #expect(Shape(shape.dropFirst()) == [3, 4])
    #expect(Shape([]).elementCount == 1 && Shape() == [])
    shape[1] = 7
    #expect(shape == [2, 7, 4] && shape != [2, 7] && shape != [2, 7, 5])
    #expect(shape.description == "[2, 7, 4]" && Shape().description == "[]")
    #expect(Set([shape, [2, 7, 4], [2, 7]]).count == 2)
    #expect(Shape(repeating: 2, rank: 8).elementCount == 256)
  }

  @Test(
    arguments: [
      ([], [], []), ([3], [], [3]), ([3], [1], [3]), ([2, 3], [3], [2, 3]),
      ([2, 1], [1, 3], [2, 3]), ([4, 1, 3], [2, 1], [4, 2, 3]), ([0], [1], [0]),
      ([1], [0], [0]), ([2, 0], [1, 1], [2, 0]), ([2], [3], nil), ([2, 3], [2], nil),
      ([0], [2], nil),
    ] as [(Shape, Shape, Shape?)])
  func broadcastingIsSymmetric(_ a: Shape, _ b: Shape, _ expected: Shape?) {
    #expect(a.broadcast(with: b) == expected)
    #expect(b.broadcast(with: a) == expected)
  }

  @Test(
    arguments: [
      ([-1], 6, [6]), ([2, -1], 6, [2, 3]), ([-1, 3, 1], 6, [2, 3, 1]), ([6], 6, [6]),
      ([], 1, []), ([-1, 2], 0, [0, 2]), ([2, 2], 6, nil), ([4, -1], 6, nil), ([-1, -1], 6, nil),
      ([0, -1], 0, nil), ([-2, 3], 6, nil), ([-1, 0], 6, nil),
    ] as [(Shape, Int, Shape?)])
  func oneSizeIsInferred(_ shape: Shape, _ count: Int, _ expected: Shape?) {
    #expect(shape.inferring(elementCount: count) == expected)
  }

  @Test func axesAreCountedFromBothEnds() {
    let shape: Shape = [2, 3, 4]
    #expect((-3..<3).map { shape.axis($0, in: "test") } == [0, 1, 2, 0, 1, 2])
    let mask = shape.axisMask([0, -1], in: "test")
    #expect((0..<3).map { mask.contains($0) } == [true, false, true])
    #expect(mask.count == 2 && AxisMask().count == 0)
    #expect(shape.reduced(along: mask, keepingAxes: true) == [1, 3, 1])
    #expect(shape.reduced(along: mask, keepingAxes: false) == [3])
    #expect(AxisMask(allOf: 8).count == 8)
  }

  @Test func axesAreAddedAndRemoved() {
    let shape: Shape = [2, 3]
    #expect((0..<3).map { shape.inserting(7, at: $0) } == [[7, 2, 3], [2, 7, 3], [2, 3, 7]])
    #expect((0..<2).map { shape.removing(axis: $0) } == [[3], [2]])
    let stretched = Shape([4, 2, 3]).axesBroadcast(from: [1, 3])
    #expect((0..<3).map { stretched.contains($0) } == [true, true, false])
  }

  @Test func stridesOfRowsWithoutGaps() {
    let strides = Shape([2, 3, 4]).contiguousStrides
    #expect((0..<3).map { strides[$0] } == [12, 4, 1])
  }

  @Test func invalidElementCountsAreNil() {
    #expect(Shape([2, 0]).checkedElementCount == 0)
    #expect(Shape([-1]).checkedElementCount == nil)
    #expect(Shape([Shape.maximumSize]).checkedElementCount == Shape.maximumSize)
    #expect(Shape([Shape.maximumSize, 2]).checkedElementCount == nil)
    #expect(Shape(checking: [1, 2]) == [1, 2])
    #expect(Shape(checking: [Int](repeating: 1, count: 9)) == nil)
    #expect(Shape(checking: [1 << 40]) == nil && Shape(checking: [-1]) == nil)
  }

  static let misuses: [(message: String, body: @Sendable () -> Void)] = [
    (
      "shape: a tensor has at most 8 axes, got 9: [1, 1, 1, 1, 1, 1, 1, 1]",
      { _ = Shape(repeating: 1, rank: 9) }
    ),
    (
      "shape: a size of 2147483648 exceeds the maximum of 2147483647",
      { _ = Shape([2_147_483_648]) }
    ),
    ("shape: axis 2 is out of range for shape [2, 3] of rank 2", { _ = Shape([2, 3])[2] }),
    (
      "shape: axis -3 is out of range for shape [2, 3] of rank 2",
      {
        var shape: Shape = [2, 3]
        shape[-3] = 1
      }
    ),
    ("at most 8 axes", { _ = Tensor.ones([1, 1, 1, 1, 1, 1, 1, 1]).expanded(along: 0) }),
  ]

  @Test func aNegativeAxisCountsFromTheEnd() {
    var shape: Shape = [2, 3, 4]
    #expect(shape[-1] == 4 && shape[-3] == 2)
    shape[-2] = 5
    #expect(shape == [2, 5, 4])
  }

  @Test(arguments: misuses.indices)
  func misuseStopsWithAMessage(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      ShapeTests.misuses[index].body()
    }
    expectMessage(Self.misuses[index].message, of: result)
  }
}
