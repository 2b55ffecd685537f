/// The rectangle of a plot in which curves are drawn, in pixels.
package struct PlotFrame {
  package let left: Double, top: Double, right: Double, bottom: Double

  package init(left: Double, top: Double, right: Double, bottom: Double) {
    (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
  }

  /// Returns the horizontal pixel of a position from 0 to 1.
  package func x(_ position: Double) -> Double { left + position * (right - left) }

  /// Returns the vertical pixel of a position from 0 at the bottom to 1 at the top.
  package func y(_ position: Double) -> Double { bottom - position * (bottom - top) }
}
