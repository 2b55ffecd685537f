import TestSupport
import Testing

/// Compares the descriptions of tensors with what NumPy 2.4 prints.
struct PrintingTests {
  struct Printed: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let tensor: Tensor
    let text: String

    init(_ name: String, _ tensor: Tensor, _ text: String) {
      (testDescription, self.tensor, self.text) = (name, tensor, text)
    }
  }

  static let all: [Printed] = [
    Printed("scalar", Tensor(3.25), "3.25"),
    Printed("NaN", Tensor(-Double.nan), "nan"),
    Printed("NaN of another kind", Tensor([Float(nan: 7, signaling: false)])[0], "nan"),
    Printed("float64 NaN", Tensor(-Double.nan, dtype: .float64), "nan"),
    Printed("whole scalar", Tensor(2), "2.0"),
    Printed("int scalar", Tensor(-7, dtype: .int32), "-7"),
    Printed("NaNs", Tensor([-Double.nan, 1]), "[nan  1.]"),
    Printed("wholes", Tensor([1, 2, 3]), "[1. 2. 3.]"),
    Printed("halves", Tensor([1, 2.5, -3]), "[ 1.   2.5 -3. ]"),
    Printed("tenths", Tensor([0.1, 0.25, 100]), "[  0.1    0.25 100.  ]"),
    Printed("tenths64", Tensor([0.1, 0.25, 100], dtype: .float64), "[  0.1    0.25 100.  ]"),
    Printed("thirds", Tensor([0.33333334, 1]), "[0.33333334 1.        ]"),
    Printed(
      "thirds64", Tensor([0.3333333333333333, 1], dtype: .float64), "[0.33333333 1.        ]"),
    Printed("small", Tensor([1e-5, 1]), "[1.e-05 1.e+00]"),
    Printed("smalls", Tensor([1e-10, 2.5e-10]), "[1.0e-10 2.5e-10]"),
    Printed("large", Tensor([1e8, 1]), "[1.e+08 1.e+00]"),
    Printed("large2", Tensor([123456789, 1]), "[1.2345679e+08 1.0000000e+00]"),
    Printed("wide ratio", Tensor([1000.5, 0.5]), "[1.0005e+03 5.0000e-01]"),
    Printed("wide ratio 2", Tensor([1234.5, 0.001]), "[1.2345e+03 1.0000e-03]"),
    Printed("neg zero", Tensor([-0.0, 0, 1.5]), "[-0.   0.   1.5]"),
    Printed(
      "specials", Tensor([Float.nan, .infinity, -.infinity, 1.5], shape: [4]),
      "[ nan  inf -inf  1.5]"),
    Printed("all special", Tensor([Float.nan, .infinity], shape: [2]), "[nan inf]"),
    Printed(
      "matrix", Tensor([[1, 2], [3, 4.5]]),
      """
      [[1.  2. ]
       [3.  4.5]]
      """),
    Printed("row", Tensor([[1, -2, 3]]), "[[ 1. -2.  3.]]"),
    Printed(
      "cube", .counting([2, 2, 3]),
      """
      [[[ 0.  1.  2.]
        [ 3.  4.  5.]]

       [[ 6.  7.  8.]
        [ 9. 10. 11.]]]
      """),
    Printed(
      "four axes", .counting([2, 1, 2, 2], dtype: .int32),
      """
      [[[[0 1]
         [2 3]]]


       [[[4 5]
         [6 7]]]]
      """),
    Printed("ints", Tensor([1, -200, 30], dtype: .int32), "[   1 -200   30]"),
    Printed(
      "int matrix", Tensor([[1, -200], [30, 4]], dtype: .int32),
      """
      [[   1 -200]
       [  30    4]]
      """),
    Printed(
      "wrap", .counting([40]),
      """
      [ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.
       18. 19. 20. 21. 22. 23. 24. 25. 26. 27. 28. 29. 30. 31. 32. 33. 34. 35.
       36. 37. 38. 39.]
      """),
    Printed(
      "wrap matrix", .counting([2, 30], dtype: .int32),
      """
      [[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
        24 25 26 27 28 29]
       [30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53
        54 55 56 57 58 59]]
      """),
    Printed("long", .counting([1001]), "[   0.    1.    2. ...  998.  999. 1000.]"),
    Printed(
      "long matrix", .counting([40, 50], dtype: .int32),
      """
      [[   0    1    2 ...   47   48   49]
       [  50   51   52 ...   97   98   99]
       [ 100  101  102 ...  147  148  149]
       ...
       [1850 1851 1852 ... 1897 1898 1899]
       [1900 1901 1902 ... 1947 1948 1949]
       [1950 1951 1952 ... 1997 1998 1999]]
      """),
    Printed(
      "long narrow", .counting([600, 2], dtype: .int32),
      """
      [[   0    1]
       [   2    3]
       [   4    5]
       ...
       [1194 1195]
       [1196 1197]
       [1198 1199]]
      """),
    Printed(
      "long flat", .counting([2, 600], dtype: .int32),
      """
      [[   0    1    2 ...  597  598  599]
       [ 600  601  602 ... 1197 1198 1199]]
      """),
    Printed(
      "long cube", .counting([2, 20, 30], dtype: .int32),
      """
      [[[   0    1    2 ...   27   28   29]
        [  30   31   32 ...   57   58   59]
        [  60   61   62 ...   87   88   89]
        ...
        [ 510  511  512 ...  537  538  539]
        [ 540  541  542 ...  567  568  569]
        [ 570  571  572 ...  597  598  599]]

       [[ 600  601  602 ...  627  628  629]
        [ 630  631  632 ...  657  658  659]
        [ 660  661  662 ...  687  688  689]
        ...
        [1110 1111 1112 ... 1137 1138 1139]
        [1140 1141 1142 ... 1167 1168 1169]
        [1170 1171 1172 ... 1197 1198 1199]]]
      """),
    Printed("empty", .zeros([0]), "[]"),
    Printed("empty matrix", .zeros([0, 3]), "[]"),
    Printed("empty rows", .zeros([2, 0]), "[]"),
    Printed(
      "pi", Tensor([3.141592653589793, 2.718281828459045, 100], dtype: .float64),
      "[  3.14159265   2.71828183 100.        ]"),
    Printed(
      "pi32", Tensor([3.1415927, 2.7182817, 0.001]), "[3.1415927e+00 2.7182817e+00 1.0000000e-03]"),
    Printed("exp3", Tensor([1e100, -1e-100], dtype: .float64), "[ 1.e+100 -1.e-100]"),
    Printed("tiny scalar", Tensor(1e-7), "1e-07"),
    Printed("big scalar", Tensor(1e16, dtype: .float64), "1e+16"),
    Printed("big scalar 2", Tensor(123456789.5, dtype: .float64), "123456789.5"),
    Printed("third scalar", Tensor(0.3333333333333333, dtype: .float64), "0.3333333333333333"),
    Printed("bool", Tensor([true, false]), "[ true false]"),
  ]

  @Test(arguments: all)
  func descriptionsAreThoseOfNumPy(_ printed: Printed) {
    #expect(printed.tensor.description == printed.text)
    // The layout in memory does not matter.
    let axes = Array((0..<printed.tensor.rank).reversed())
    let strided = printed.tensor.permuted(axes).contiguous.permuted(axes)
    #expect(strided.description == printed.text)
  }

  /// Unlike in NumPy, which switches to scientific notation at a ratio of 1000, so that counts stay
  /// readable.
  @Test func integersBelowAHundredMillionArePrintedInFull() {
    #expect(Tensor([12_345_678, 1]).description == "[12345678.        1.]")
    #expect(Tensor([100_000, 1]).description == "[100000.      1.]")
    #expect(Tensor([100_000, 1.5]).description == "[1.0e+05 1.5e+00]")
  }

  @Test func oneThousandElementsArePrintedInFull() {
    #expect(!Tensor.counting([1000]).description.contains("..."))
    #expect(Tensor.counting([1001]).description.contains("..."))
  }
}
