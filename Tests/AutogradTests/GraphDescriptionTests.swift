import TestSupport
import Testing

/// Graphs as trees and for Graphviz.
struct GraphDescriptionTests {
  private let x = Tensor([0.5, -1.25, 2], dtype: .float64)

  @Test func graphsAreWrittenAsTrees() {
    var text = ""
    _ = gradient(at: x) { x in
      let y = (sin(x) * x + Tensor([1, 2, 3], dtype: .float64)).sum()
      text = graphTree(of: y)
      return y
    }
    #expect(
      text == """
        #0 sum []
          #1 + [3]
            #2 * [3]
              #3 sin [3]
                #4 input [3]
              #4
        """)
    #expect(graphTree(of: Tensor.ones([2, 3])) == "constant [2, 3]")
  }

  @Test func graphsAreWrittenForGraphviz() {
    var text = ""
    _ = gradient(at: x) { x in
      let y = (sin(x) * x).sum()
      text = graphviz(of: y)
      return y
    }
    #expect(
      text == #"""
        digraph {
          node [shape=box];
          n0 [label="sum\n[]"];
          n1 [label="*\n[3]"];
          n1 -> n0;
          n2 [label="sin\n[3]"];
          n2 -> n1;
          n3 [label="input\n[3]"];
          n3 -> n1;
          n3 -> n2;
        }
        """#)
    #expect(graphviz(of: Tensor(1)) == "digraph {\n  node [shape=box];\n}")
  }
}
