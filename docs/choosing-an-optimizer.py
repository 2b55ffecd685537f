"""Makes the tables and figures of choosing-an-optimizer.md, or checks that they still hold.

    python3 docs/choosing-an-optimizer.py --text tinyshakespeare.txt            # runs everything, writes page and figures
    python3 docs/choosing-an-optimizer.py --text tinyshakespeare.txt --check    # runs everything, fails where the page differs
    python3 docs/choosing-an-optimizer.py --results DIR                          # takes finished comparisons from DIR/NAME

It needs `.build/release/train` (swift build -c release) and Python 3.9 alone; a run takes some 20 minutes on two cores. With the
same seeds, instruction set and thread count the losses come out bit for bit; elsewhere rounding leads trainings apart, so the
check allows three standard deviations of the seeds around the mean of the page, or 10 % of it, whichever is more.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE / "choosing-an-optimizer.md"
FIGURES = HERE / "choosing-an-optimizer"

ALL = ("sgd,momentum,momentum(nesterov=true),adagrad,rmsprop,adadelta,adam,amsgrad,adamw,adamax,nadam,radam,adafactor,lion,muon,"
       "schedule-free,lookahead(momentum),lookahead(adamw),lookahead(lion)")
SIX = "momentum,adamw,lion,muon,schedule-free,lookahead(adamw)"
STUDIES = {
    "spirals": ["spirals", "--optimizers", ALL, "--seeds", "5", "--seed", "1", "--steps", "1000"],
    "glyphs": ["glyphs", "--model", "mlp", "--optimizers", ALL, "--seeds", "5", "--seed", "1", "--steps", "300",
               "--evaluations", "20"],
    "addition": ["addition", "--digits", "2", "--optimizers", ALL, "--seeds", "5", "--seed", "1", "--steps", "400",
                 "--search-budget", "5", "--evaluations", "20"],
    "text": ["text", "--preset", "nano-gpt", "--steps", "500", "--warmup", "25", "--optimizers", SIX, "--seeds", "2",
             "--seed", "1", "--search-budget", "5"],
}


def comparison(name, arguments, folder):
    """The folder of a finished comparison, which is run unless it is there."""
    if not (folder / "compare.json").exists():
        command = [str(HERE.parent / ".build/release/train"), "compare", *STUDIES[name], "--out", str(folder), "--quiet"]
        if name == "text":
            if not arguments.text:
                sys.exit("the study of a text needs --text FILE")
            command += ["--data", arguments.text]
        print("+", " ".join(command), flush=True)
        subprocess.run(command, check=True)
    return folder


def spread(value, digits=3, percent=False):
    if value is None:
        return "–"
    scale, unit = (100, " %") if percent else (1, "")
    deviation = value.get("deviation")
    mean = f"{value['mean'] * scale:.{digits}g}{unit}"
    return mean if deviation is None else f"{mean} ± {deviation * scale:.2g}"


def table(record):
    """The results as Markdown, the lowest loss first; it holds nothing that depends on the machine's speed."""
    seeds = len(record["plan"]["seeds"])
    results = record["results"]["results"]
    has_accuracy = any("bestAccuracy" in r for r in results)
    head = ["optimizer", "rate", "best loss"] + (["accuracy"] if has_accuracy else []) + [
        "steps to target", "good rates", "state"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for r in sorted(results, key=lambda r: r["bestLoss"]["mean"] if "bestLoss" in r else float("inf")):
        reached = r["seedsAtTarget"]
        steps = "–" if not reached else f"{r['stepsToTarget']['mean']:.0f}" + ("" if reached == seeds else f" ({reached}/{seeds})")
        good = r.get("goodRates")
        width = "–" if not good else f"{good[0]:g}" if good[0] == good[1] else f"{good[0]:g} – {good[1]:g} (×{good[1] / good[0]:.2g})"
        cells = [f"`{r['optimizer']}`", f"{r['learningRate']:g}" if "learningRate" in r else "–", spread(r.get("bestLoss"))]
        cells += [spread(r.get("bestAccuracy"), percent=True)] if has_accuracy else []
        lines.append("| " + " | ".join(cells + [steps, width, r["theory"]]) + " |")
    target = f"Target: a validation loss of {record['results']['targetLoss']:.3g}; initial weights: {record['results']['initialLoss']:.3g}."
    return "\n".join(lines) + "\n\n" + target


def figure(report, heading):
    """One SVG of the panels under a heading of the report."""
    part = report.split(f"<h2>{heading}</h2>")[1].split("<h2>")[0]
    panels = re.findall(r'<svg viewBox="0 0 264 160".*?</svg>', part, flags=re.S)
    style = report.split("<style>")[1].split("</style>")[0]
    columns = 4
    rows = -(-len(panels) // columns)
    placed = [panel.replace("<svg ", f'<svg x="{i % columns * 268}" y="{i // columns * 164}" width="264" height="160" ', 1)
              for i, panel in enumerate(panels)]
    width, height = columns * 268, rows * 164
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">\n'
            f"<title>{heading}</title>\n<style>{style}\nsvg {{ width: auto; background: var(--paper); }}</style>\n"
            f'<rect width="{width}" height="{height}" style="fill: var(--paper)"/>\n' + "\n".join(placed) + "\n</svg>\n")


def differences(name, old, new):
    """Where the results of two records are further apart than the stated deviation."""
    before = {r["optimizer"]: r for r in old}
    for r in new:
        was, now = before.get(r["optimizer"], {}).get("bestLoss"), r.get("bestLoss")
        if was is None or now is None:
            if was != now:
                yield f"{name}, {r['optimizer']}: {was} on the page, {now} now"
            continue
        allowed = max(3 * was.get("deviation", 0), abs(was["mean"]) / 10)
        if abs(was["mean"] - now["mean"]) > allowed:
            yield f"{name}, {r['optimizer']}: {was['mean']:.4g} on the page, {now['mean']:.4g} now, {allowed:.2g} allowed"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", help="the file of the study of a text: Tiny Shakespeare")
    parser.add_argument("--results", type=pathlib.Path, help="a folder with comparisons, finished or to be made")
    parser.add_argument("--check", action="store_true", help="change nothing, and fail where the page differs")
    parser.add_argument("--only", choices=STUDIES, help="one study alone")
    arguments = parser.parse_args()
    folder = arguments.results or pathlib.Path(tempfile.mkdtemp())
    page, failures = PAGE.read_text(encoding="utf-8"), []
    for name in [arguments.only] if arguments.only else STUDIES:
        made = comparison(name, arguments, folder / name)
        record = json.loads((made / "compare.json").read_text(encoding="utf-8"))
        kept = FIGURES / f"{name}.json"
        if arguments.check:
            failures += differences(name, json.loads(kept.read_text(encoding="utf-8")), record["results"]["results"])
            continue
        FIGURES.mkdir(exist_ok=True)
        kept.write_text(json.dumps(record["results"]["results"], indent=1, sort_keys=True) + "\n", encoding="utf-8")
        report = (made / "report.html").read_text(encoding="utf-8")
        (FIGURES / f"{name}-losses.svg").write_text(figure(report, "Loss over the steps"), encoding="utf-8")
        (FIGURES / f"{name}-rates.svg").write_text(figure(report, "How much the learning rate matters"), encoding="utf-8")
        start, end = f"<!-- table of {name} -->\n", f"\n<!-- end of {name} -->"
        before, rest = page.split(start)
        page = before + start + table(record) + end + rest.split(end, 1)[1]
    if arguments.check:
        print("\n".join(failures) or "the page holds")
        sys.exit(1 if failures else 0)
    PAGE.write_text(page, encoding="utf-8")


main()
