import TestSupport
import Testing

struct FormatTests {
  @Test(arguments: [(1199.6, "1200"), (-0.4, "0"), (1e300, "?"), (.nan, "?")])
  func integers(_ value: Double, _ text: String) { #expect(Format.integer(value) == text) }

  @Test(arguments: [
    (-1e300, "?"), (1e9, "?"), (.nan, "?"),
    (0.0, "0 ms"), (0.0444, "44 ms"), (1.44, "1.4 s"), (9.96, "10 s"), (59.4, "59 s"), (60, "1:00"),
    (3725, "1:02:05"),
    (Double.infinity, "?"), (Double.nan, "?"),
  ])
  func durations(seconds: Double, text: String) {
    #expect(Format.duration(seconds) == text)
  }
}
