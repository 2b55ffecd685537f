"""Opens pages in headless Chromium as a phone and as a desktop show them, light and dark.

    pip install -r Tests/pages/requirements.txt   # and Debian's chromium or chromium-headless-shell
    python Tests/pages/check.py [--out FOLDER] PAGE.html ...

It fails on a message in the console, on a page that is wider than the window, on text outside of
its image or over other text of the image, on an address that is not inside the page, and on what
scripts would be needed for: they are switched off. It writes a screenshot of each page.
"""

import argparse
import pathlib
import shutil
import sys

from playwright.sync_api import sync_playwright

SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
BROWSERS = ["chromium", "chromium-browser", "chromium-headless-shell", "google-chrome"]

# Widths beyond the window, with the elements that cause them.
OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.body.querySelectorAll('*')]
    .filter(e => e.getBoundingClientRect().right > width + 1 && !e.closest('.wide'))
    .slice(0, 5).map(e => `${e.tagName} ${e.className.baseVal ?? e.className}`);
}"""

# Texts that reach out of their image or cover one another. A turned text has a slanted box, so
# only texts that lie flat are compared.
TEXTS = """() => {
  const problems = [];
  for (const svg of document.querySelectorAll('svg')) {
    const frame = svg.getBoundingClientRect();
    if (frame.width === 0) continue;
    const boxes = [];
    for (const text of svg.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1
          || box.bottom > frame.bottom + 1)
        problems.push(`'${text.textContent}' leaves '${svg.getAttribute('aria-label')}'`);
      if (!text.parentNode.hasAttribute('transform')) boxes.push([text, box]);
    }
    for (let i = 0; i < boxes.length; i++)
      for (let j = 0; j < i; j++) {
        const [a, b] = [boxes[i][1], boxes[j][1]];
        const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (width > 1 && height > 0.45 * Math.min(a.height, b.height))
          problems.push(`'${boxes[i][0].textContent}' covers '${boxes[j][0].textContent}' in `
            + `'${svg.getAttribute('aria-label')}'`);
      }
  }
  return problems.slice(0, 8);
}"""

# Tables of figures that scroll although the window is broad; tables of the user's data may.
TABLES = """() => innerWidth < 1000 ? [] : [...document.querySelectorAll('.wide')]
  .filter(e => e.scrollWidth > e.clientWidth + 1 && e.querySelector('table.figures'))
  .map(e => `${e.scrollWidth} > ${e.clientWidth}: ${e.textContent.slice(0, 40)}`)"""

OUTSIDE = """() => [...document.querySelectorAll('[src], link[href], iframe')]
  .map(e => e.getAttribute('src') ?? e.getAttribute('href') ?? e.tagName)
  .filter(a => !a.startsWith('data:'))"""


def check(browser, page_file, size, scheme, folder):
    """Returns the problems of a page in one window, and writes its screenshot."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        java_script_enabled=False,
        offline=True,
    )
    page = context.new_page()
    problems = []
    page.on("console", lambda message: problems.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("requestfailed", lambda request: problems.append(f"request: {request.url[:80]}"))
    page.goto(page_file.resolve().as_uri())
    # The checks evaluate in a world of their own, which works without the page's scripts.
    checks = {"overflow": OVERFLOW, "text": TEXTS, "table": TABLES, "outside": OUTSIDE}
    for name, script in checks.items():
        problems += [f"{name}: {found}" for found in page.evaluate(script)]
    name = f"{page_file.parent.name}-{page_file.stem}-{size}-{scheme}.png"
    page.screenshot(path=folder / name, full_page=True)
    context.close()
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("screenshots"))
    parser.add_argument("pages", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    failed = passed = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        for page in arguments.pages:
            for size in SIZES:
                for scheme in ["light", "dark"]:
                    problems = check(browser, page, size, scheme, arguments.out)
                    failed += bool(problems)
                    passed += not problems
                    for problem in problems:
                        print(f"{page}, {size}, {scheme}: {problem}")
        browser.close()
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
