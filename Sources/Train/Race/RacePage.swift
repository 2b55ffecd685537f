import Tensor
import Training

/// The page of some races: for each the picture, sliders over steps and learning rates, and the
/// table.
enum RacePage {
  static func html(of races: [Race]) -> String {
    let rules = races[0].rules
    let only = races.count == 1 ? races[0].landscape.title : nil
    var page = Page(title: "\(only ?? "Race"): \(counted(rules.optimizers.count, "optimizer"))")
    page.add(
      paragraph: "Each optimizer begins at the circle and takes \(counted(rules.steps, "step"));"
        + " crosses are minima. The line shows the weights that one would keep: for an average,"
        + " the average. Contours are evenly spaced on a logarithmic scale.")
    page.add(paragraph: sentence(RaceText.stepsNote(rules)))
    page.add(paragraph: sentence(RaceText.ratesNote(rules)))
    if rules.noise > 0 {
      page.add(
        paragraph: "Normally distributed noise with the standard deviation"
          + " \(Format.number(rules.noise)) is added to each element of the gradients, the same for"
          + " all optimizers, from the seed \(rules.seed).")
    }
    if races.count > 1 {
      page.add(section: "Steps to a minimum", "", [summary(of: races)])
    }
    for race in races {
      if races.count > 1 {
        page.parts.append(
          "<h2 id=\"\(race.landscape.name)\">\(SVG.escaped(race.landscape.title))</h2>")
      }
      page.add(
        paragraph: sentence("\(race.landscape.formula), \(RaceText.from(race.landscape))"))
      if race.landscape is RunSlice { page.add(paragraph: RunSlice.note) }
      page.parts.append(section(of: race))
    }
    // A script of HTML is text; in XHTML it has to be marked as such.
    page.parts.append("<script>\n//<![CDATA[\n\(RaceScript.source)\n//]]>\n</script>")
    return page.html
  }

  private static func sentence(_ note: String) -> String {
    note.prefix(1).uppercased() + note.dropFirst() + "."
  }

  /// The steps of all optimizers on all functions.
  private static func summary(of races: [Race]) -> String {
    let rows = races[0].racers.indices.map { index -> [String] in
      let cells = races.map { race -> String in
        let path = race.racers[index].path
        let fewest = race.racers.compactMap(\.path.arrival).min()
        let text = RaceText.arrival(of: path)
        return path.arrival != nil && path.arrival == fewest
          ? "<td><strong>★ \(text)</strong></td>" : "<td>\(text)</td>"
      }
      return ["<th scope=\"row\">\(name(of: index, in: races[0]))</th>"] + cells
    }
    return Page.table(["optimizer"] + races.map(\.landscape.name), rows, ofCells: "figures")
  }

  private static func section(of race: Race) -> String {
    let views = RaceViews(race)
    let rows = race.racers.indices.map { index -> [String] in
      let cells = RaceText.cells(of: race.racers[index].path, name: "").dropFirst()
      return ["<th scope=\"row\">\(name(of: index, in: race))</th>"]
        + cells.map { "<td>\(SVG.escaped($0))</td>" }
    }
    let rates = SVG.escaped(views.names.joined(separator: "|"))
    let last = (race.rules.steps + race.stride - 1) / race.stride
    return """
      <div class="race" data-steps="\(race.rules.steps)" data-stride="\(race.stride)" \
      data-rates="\(rates)" \
      style="display: flex; flex-wrap: wrap; gap: 1rem 2rem">
      <div style="flex: 1 1 min(30rem, 100%); max-width: 48rem; min-width: 0">
      \(RacePlot(race, views).figure)
      </div>
      <div style="flex: 1 1 min(33rem, 100%); max-width: 36rem; min-width: 0">
      <div class="controls" hidden="hidden">
      \(slider("Step", to: last, at: last))
      \(slider("Rate", to: views.names.count - 1, at: views.standard))
      <button type="button">Play</button>
      </div>
      \(Page.table(RaceText.header, rows, ofCells: "figures"))
      </div>
      </div>
      """
  }

  private static func slider(_ label: String, to last: Int, at value: Int) -> String {
    """
    <label style="display: block">\(label): <output></output>
    <input type="range" min="0" max="\(last)" value="\(value)" \
    style="display: block; width: 100%"/></label>
    """
  }

  /// The name of an optimizer with a piece of its line.
  private static func name(of index: Int, in race: Race) -> String {
    "<span style=\"white-space: nowrap\"><svg viewBox=\"0 0 24 8\" aria-hidden=\"true\""
      + " style=\"display: inline-block; width: 24px;"
      + " height: 8px\"><line class=\"curve \(PlotStyle.classes(of: index))\" x1=\"0\" y1=\"4\""
      + " x2=\"24\" y2=\"4\"/></svg> \(SVG.escaped(race.racers[index].name))</span>"
  }
}
