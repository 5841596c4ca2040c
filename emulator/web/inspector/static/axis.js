// Where instants stand on the axis. Owns the arithmetic alone. What happens within milliseconds and what happens after
// an hour have to be seen beside each other, so that gaps grow with the logarithm of what they span.

const CLOSE = 1_000; // microseconds that count as one instant
const LEAST = 38;
const MOST = 190;
const GROWTH = 15;
const UNIT = 10_000;
const STRETCH = 2.2;
const SQUEEZE = 0.72;

function width(gap) {
  if (gap < CLOSE) return 0;
  return Math.min(MOST, LEAST + GROWTH * Math.log2(1 + gap / UNIT));
}

/**
 * Lay instants out from left to right.
 * @param instants Microseconds, in any order; at least one.
 * @param room Pixels that there are: a short story is stretched to fill them, one that is a little too long is
 *   squeezed into them, a long one scrolls.
 * @returns { at(instant) gives pixels, total, ticks: [{ x, instant, gap, left }] }
 */
export function layOut(instants, room) {
  const sorted = [...new Set(instants)].sort((one, other) => one - other);
  const widths = sorted.map((instant, index) => (index ? width(instant - sorted[index - 1]) : 0));
  const natural = widths.reduce((sum, one) => sum + one, 0);
  const wanted = natural ? Math.min(STRETCH, room / natural) : 1;
  const factor = wanted < SQUEEZE ? 1 : wanted;
  const places = new Map();
  const ticks = [];
  let x = 0;
  sorted.forEach((instant, index) => {
    const step = widths[index] * factor;
    x += step;
    places.set(instant, x);
    if (!index || step) ticks.push({ x, instant, gap: index ? instant - sorted[index - 1] : 0, left: x - step });
  });
  return { at: (instant) => places.get(instant), total: x, ticks };
}

/** The ticks whose labels have room beside each other; the first and the last always have. */
export function labelled(ticks, room) {
  const kept = [];
  for (const tick of ticks) {
    const before = kept[kept.length - 1];
    if (!before || tick.x - before.x >= room) kept.push(tick);
  }
  const last = ticks[ticks.length - 1];
  if (kept[kept.length - 1] !== last) {
    if (kept.length > 1 && last.x - kept[kept.length - 1].x < room) kept.pop();
    kept.push(last);
  }
  return kept;
}

/** Rows such that what stands in one row does not overlap; gives each its row's number. */
export function stacked(spans) {
  const ends = [];
  return spans.map(({ from, to }) => {
    let row = ends.findIndex((end) => end <= from);
    if (row < 0) row = ends.push(0) - 1;
    ends[row] = to;
    return row;
  });
}
