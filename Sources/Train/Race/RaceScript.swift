/// What makes the picture of a race move.
enum RaceScript {
  /// The script of the page; without it the page shows the last step at the best rates.
  ///
  /// It contains neither `<` nor `&`, so that it means the same in HTML and in XHTML.
  static let source = """
    for (const race of document.querySelectorAll('.race')) {
      const lines = [...race.querySelectorAll('polyline.curve')];
      const ends = [...race.querySelectorAll('.ends > g')];
      const rows = [...race.querySelectorAll('tbody tr')];
      const [steps, rates] = race.querySelectorAll('input');
      const [step, rate] = race.querySelectorAll('output');
      const play = race.querySelector('button');
      const frame = race.querySelector('rect.frame');
      const side = name => Number(frame.getAttribute(name));
      const box = { left: side('x'), top: side('y'), right: side('x') + side('width'),
        bottom: side('y') + side('height') };
      const names = race.dataset.rates.split('|'), last = Number(race.dataset.steps);
      const within = (value, low, high) => Math.min(Math.max(value, low), high);
      const decode = text => {
        let x = 0, y = 0;
        const numbers = text.split(' ').map(Number), points = [];
        numbers.forEach((n, i) => {
          if (i % 2 === 0) x += n; else { y += n; points.push([x / 10, y / 10]); }
        });
        return points;
      };
      const paths = lines.map(line => line.dataset.paths.split('|').map(decode));
      const cells = lines.map(line => line.dataset.cells.split('|').map(c => c.split(';')));
      const spread = (positions, distance, low, high) => {
        const order = positions.map((p, i) => [p, i]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        const gap = Math.min(distance, (high - low) / Math.max(positions.length - 1, 1));
        const result = [...positions];
        let edge = low;
        for (const [, i] of order) {
          result[i] = Math.max(result[i], edge); edge = result[i] + gap;
        }
        edge = high;
        for (const [, i] of order.reverse()) {
          result[i] = Math.min(result[i], edge); edge = result[i] - gap;
        }
        return result;
      };
      const draw = () => {
        const at = Number(steps.value), choice = Number(rates.value);
        const places = lines.map((line, i) => {
          const points = paths[i][choice].slice(0, at + 1);
          line.setAttribute('points', points.map(p => p.join()).join(' '));
          const [x, y] = points[points.length - 1];
          return [within(x, box.left, box.right), within(y, box.top, box.bottom)];
        });
        const heights = spread(places.map(p => p[1]), 15, box.top + 8, box.bottom - 8);
        places.forEach(([x, y], i) => {
          const [leader, dot, text] = ends[i].querySelectorAll('line, circle, text');
          const toLeft = x > box.left * 0.4 + box.right * 0.6, sign = toLeft ? -1 : 1;
          const set = (e, values) => Object.entries(values).forEach(v => e.setAttribute(...v));
          set(dot, { cx: x, cy: y });
          set(leader, { x1: x, y1: y, x2: x + sign * 14, y2: heights[i] });
          set(text, { x: x + sign * 17, y: heights[i] + 4 });
          text.style.textAnchor = toLeft ? 'end' : 'start';
          cells[i][choice].forEach((cell, c) => { rows[i].cells[c + 1].textContent = cell; });
        });
        step.textContent = `${Math.min(at * Number(race.dataset.stride), last)} of ${last}`;
        rate.textContent = names[choice];
      };
      let start = null;
      const stop = () => { start = null; play.textContent = 'Play'; };
      const move = time => {
        if (start === null) return;
        if (start === 0) start = time;
        // The first steps are the longest, so they are shown slowly.
        const share = Math.min((time - start) / 6000, 1);
        steps.value = Math.round(share * share * Number(steps.max));
        draw();
        if (share === 1) stop(); else requestAnimationFrame(move);
      };
      play.addEventListener('click', () => {
        if (start !== null) return stop();
        start = 0;
        play.textContent = 'Stop';
        requestAnimationFrame(move);
      });
      steps.addEventListener('input', () => { stop(); draw(); });
      rates.addEventListener('input', draw);
      race.querySelector('.controls').hidden = false;
      draw();
    }
    """
}
