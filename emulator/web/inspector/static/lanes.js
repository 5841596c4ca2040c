// The time axis of a story: three lanes, of commands, of states and of webhooks. Owns their drawing and the way of keys
// through them: left and right in time, up and down between rows.

import { labelled, layOut, stacked } from './axis.js';
import { fill, h } from './dom.js';
import { since, span } from './format.js';
import { mark } from './marks.js';
import { state } from './store.js';
import { choosing, flagsOf, stateWords, tryWords, wordsOf } from './story.js';

const HEAD = 11.5; // rem of the rows' names
const PAD = 26; // pixels before the first instant
const AFTER = 150; // pixels behind the last one at least, for its words
const LATE = 50_000; // microseconds before the end within which words still stand behind it
const LETTER = 0.56; // width of a letter, in type sizes
const LABEL = 86;

const LANES = [
  ['commands', 'Commands', 'No commands'],
  // whatever lives has states: the journal keeps so many, and no more
  ['states', 'States', 'The journal has forgotten them'],
  ['webhooks', 'Webhooks', 'No webhooks'],
];

/** A webhook by itself has neither commands nor states. */
const lanesOf = (story) => (story.kind === 'webhooks' ? LANES.slice(-1) : LANES);

const px = (number) => `${Math.round(number * 10) / 10}px`;

function placed(element, left, width) {
  element.style.left = px(left);
  if (width !== undefined) element.style.width = px(width);
  return element;
}

/** Pixels behind the last instant, so that the words of what happens then have room. */
function roomBehind(items, size) {
  const end = Math.max(...items.map((item) => item.at));
  const letters = items
    .filter((item) => item.lane !== 'webhooks' && item.at >= end - LATE)
    .map((item) => (item.lane === 'states' ? stateWords(item).length : item.title.length + item.note.length));
  return Math.max(AFTER, ...letters.map((count) => size * (3 + LETTER * count)));
}

/** Draw a story's axis into an element. */
export function drawLanes(root, story) {
  const size = parseFloat(getComputedStyle(root).fontSize);
  const narrow = root.clientWidth < 42 * size;
  const head = narrow ? 0 : HEAD * size;
  const behind = roomBehind(story.items, size);
  const room = Math.max(200, root.clientWidth - head - PAD - behind - 24);
  const instants = story.items.flatMap((item) => (item.until > item.at ? [item.at, item.until] : [item.at]));
  if (story.due) instants.push(story.due);
  const axis = layOut(instants, room);
  const canvas = { axis, story, size, width: axis.total + PAD + behind, x: (instant) => axis.at(instant) + PAD };
  const focused = document.activeElement?.dataset?.item;
  const { scrollLeft } = root;
  const table = h(
    'div',
    { class: `axis${narrow ? ' narrow' : ''}` },
    gridOf(canvas),
    ruler(canvas),
    lanesOf(story).map((one) => drawLane(one, canvas)),
  );
  table.style.setProperty('--head', px(head));
  table.style.setProperty('--canvas', px(canvas.width));
  fill(root, table);
  root.scrollLeft = scrollLeft;
  if (focused) root.querySelector(`[data-item="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  highlight(root);
}

/** A stroke for each instant, behind all rows. */
function gridOf({ axis, story, x }) {
  return h(
    'div',
    { class: 'grid', 'aria-hidden': 'true' },
    axis.ticks.map((tick) =>
      placed(h('i', { class: tick.instant === story.due ? 'due' : null }), x(tick.instant)),
    ),
  );
}

function ruler({ axis, story, x }) {
  const kept = labelled(axis.ticks, LABEL);
  const words = (tick) =>
    tick.instant === story.due ? `due ${since(tick.instant - story.start)}` : since(tick.instant - story.start);
  const marks = kept.map((tick) =>
    placed(h('span', { class: tick.instant === story.due ? 'tick ahead' : 'tick' }, words(tick)), x(tick.instant)),
  );
  const wide = axis.ticks.filter((tick) => tick.gap >= 2_000_000);
  const breaks = wide.map((tick) =>
    placed(h('span', { class: 'break', title: `${span(tick.gap)} pass` }, '//'), (tick.left + tick.x) / 2 + PAD),
  );
  return h(
    'div',
    { class: 'lane ruler', 'aria-hidden': 'true' },
    h('span', { class: 'head' }, 'Time'),
    h('div', { class: 'canvas' }, marks, breaks),
  );
}

function drawLane([lane, title, none], canvas) {
  const items = canvas.story.items.filter((item) => item.lane === lane);
  const rows = { commands: commandRows, states: stateRows, webhooks: webhookRows }[lane](items, canvas);
  const empty = h(
    'div',
    { class: 'line' },
    h('span', { class: 'head' }),
    h('div', { class: 'canvas nothing' }, none),
  );
  return h(
    'section',
    { class: `lane ${lane}`, 'aria-label': title },
    h('h3', { class: 'lane-title' }, title),
    rows.length ? rows : empty,
  );
}

function line(head, marks) {
  return h('div', { class: 'line' }, h('span', { class: 'head' }, head), h('div', { class: 'canvas' }, marks));
}

function itemButton(item, canvas, attributes, ...children) {
  return h(
    'button',
    {
      type: 'button',
      tabindex: '-1',
      'data-item': item.id,
      'aria-label': wordsOf(item, canvas.story.start),
      title: wordsOf(item, canvas.story.start),
      onclick: () => choosing(item.id),
      ...attributes,
    },
    ...children,
  );
}

// --- commands ---

function commandRows(items, canvas) {
  const wide = (item) => canvas.size * (2.6 + LETTER * (item.title.length + item.note.length));
  const spans = items.map((item) => ({
    from: canvas.x(item.at),
    to:
      canvas.x(item.at) +
      Math.max(wide(item), canvas.x(item.until > item.at ? item.until : item.at) - canvas.x(item.at)) +
      6,
  }));
  const rows = [];
  stacked(spans).forEach((row, index) => {
    (rows[row] ??= []).push(items[index]);
  });
  return rows.map((row, number) =>
    line(
      number ? '' : 'App → emulator',
      row.map((item) => command(item, canvas)),
    ),
  );
}

function command(item, canvas) {
  const made = itemButton(
    item,
    canvas,
    { class: `flag ${item.outcome}` },
    mark(item.outcome),
    h('b', {}, item.title),
    ' ',
    h('span', {}, item.note),
  );
  placed(made, canvas.x(item.at));
  if (!(item.until > item.at)) return made;
  const waiting = placed(
    h('i', { class: 'waiting', 'aria-hidden': 'true' }),
    canvas.x(item.at),
    canvas.x(item.until) - canvas.x(item.at),
  );
  return [waiting, made];
}

// --- states ---

function stateRows(items, canvas) {
  const rows = new Map();
  for (const item of items) rows.set(item.row, [...(rows.get(item.row) ?? []), item]);
  const many = [...rows.keys()].filter((row) => row !== 'call' && !row.startsWith('srs ')).length > 1;
  return [...rows].map(([row, own]) => {
    const name = row.startsWith('srs ')
      ? 'Recording server'
      : row === 'call'
        ? 'Call'
        : many
          ? `Recording ${row.slice(0, 8)}`
          : 'Recording';
    return line(
      name,
      own.map((item, index) => stateBar(item, own[index + 1], canvas)),
    );
  });
}

const OVER = new Set(['stopped', 'failed', 'ended', 'hung_up']);

function stateBar(item, next, canvas) {
  const from = canvas.x(item.at);
  const until = next ? canvas.x(next.at) : canvas.width - 30;
  const over = OVER.has(item.title);
  const made = itemButton(
    item,
    canvas,
    { class: `bar-state ${item.outcome}${over ? ' over' : ''}${next || over ? '' : ' open'}` },
    mark(item.outcome),
    h('span', {}, stateWords(item)),
  );
  placed(made, from, over ? undefined : Math.max(22, until - from - 2));
  return made;
}

// --- webhooks ---

function webhookRows(items, canvas) {
  const rows = new Map();
  for (const item of items) rows.set(item.row, [...(rows.get(item.row) ?? []), item]);
  return [...rows.values()].map((own) => {
    const [occurred, ...tries] = own;
    const flags = flagsOf(occurred.entry, canvas.story.webhooks);
    const head = [
      h('b', {}, occurred.title),
      flags.length ? h('small', { class: 'flags' }, flags.join(' · ')) : null,
    ];
    const last = tries[tries.length - 1] ?? occurred;
    const thread = placed(
      h('i', { class: 'thread', 'aria-hidden': 'true' }),
      canvas.x(occurred.at),
      canvas.x(last.at) - canvas.x(occurred.at),
    );
    const event = placed(itemButton(occurred, canvas, { class: 'occurs' }, mark('event')), canvas.x(occurred.at));
    return line(head, [thread, event, tries.map((item, index) => attemptMark(item, tries[index + 1], canvas))]);
  });
}

function attemptMark(item, next, canvas) {
  const roomy = !next || canvas.x(next.at) - canvas.x(item.at) > canvas.size * (2.4 + LETTER * item.note.length);
  const elsewhere = item.attempt.url !== item.entry.attempts[0].url;
  const made = itemButton(
    item,
    canvas,
    { class: `try ${item.outcome}${elsewhere ? ' elsewhere' : ''}` },
    mark(item.outcome),
    roomy ? h('span', {}, tryWords(item)) : null,
  );
  return placed(made, canvas.x(item.at));
}

// --- the chosen item ---

/** Show which item is chosen; one alone can be reached by Tab, arrows reach the others. */
export function highlight(root) {
  let any = false;
  for (const element of root.querySelectorAll('[data-item]')) {
    const chosen = element.dataset.item === state.item;
    any ||= chosen;
    element.setAttribute('aria-pressed', String(chosen));
    element.tabIndex = chosen ? 0 : -1;
  }
  if (!any) root.querySelector('[data-item]')?.setAttribute('tabindex', '0');
}

/** Bring an item into view, sideways only. */
export function revealItem(root) {
  const element = root.querySelector(`[data-item="${CSS.escape(state.item ?? '')}"]`);
  if (!element) return;
  const [one, all] = [element.getBoundingClientRect(), root.getBoundingClientRect()];
  const head = parseFloat(getComputedStyle(root.firstChild).getPropertyValue('--head')) || 0;
  if (one.left < all.left + head) root.scrollLeft -= all.left + head - one.left + 24;
  else if (one.right > all.right)
    root.scrollLeft += Math.min(one.right - all.right + 24, one.left - all.left - head - 24);
}

/** Choose the next item in time, or the one before. */
export function stepItem(count) {
  const items = state.story?.items ?? [];
  if (!items.length) return;
  const now = items.findIndex((item) => item.id === state.item);
  const next = items[Math.min(items.length - 1, Math.max(0, now + count))];
  choosing(next.id);
}

/** Choose the nearest item in the row above or below. */
export function stepRow(root, count) {
  const rows = [...root.querySelectorAll('.line')]
    .map((row) => [...row.querySelectorAll('[data-item]')])
    .filter((row) => row.length);
  const now = rows.findIndex((row) => row.some((element) => element.dataset.item === state.item));
  const row = rows[now + count];
  if (now < 0 || !row) return;
  const at = state.story.items.find((item) => item.id === state.item).at;
  const distance = (element) =>
    Math.abs(state.story.items.find((item) => item.id === element.dataset.item).at - at);
  choosing(row.reduce((best, element) => (distance(element) < distance(best) ? element : best)).dataset.item);
}
