// The keyboard. Owns which key does what; keys of one letter can be switched off (WCAG 2.2, 2.1.4), and mean nothing
// while somebody types.

import { ACTIONS, run } from './actions.js';
import { byId } from './dom.js';
import { stepItem, stepRow } from './lanes.js';
import { state } from './store.js';

const OFF = 'siprec-emulator-no-keys';

/** Keys that move about, and what they do. */
export const MOVES = [
  [['j', 'k'], 'next, previous of the list'],
  [['←', '→'], 'earlier, later in the story'],
  [['↑', '↓'], 'between the rows of the axis'],
  [['Enter'], 'from the search to the list, from there into the story'],
  [['Esc'], 'close, clear, back to the list'],
  [['/'], 'search'],
  [['1…4'], 'sessions, calls, requests, webhooks'],
  [['Space'], 'pause or run the clock'],
  [['n'], 'step to the next event'],
  [['+'], '+1 s'],
  [['>'], '+30 s'],
  [['z'], 'run to idle'],
  [['v'], 'live or scenarios'],
  [['N'], 'namespace'],
];

export const keysOn = () => localStorage.getItem(OFF) === null;

export function setKeysOn(onNow) {
  if (onNow) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, '1');
}

/** Space and Enter press what has the focus; an item that is looked at already has nothing to be pressed for. */
const PRESSED = 'button:not([data-item][aria-pressed=true]), a, summary, [role=tab], input';

// a dialog that has just been closed may still hold the focus, unseen
const typing = (target) =>
  target.checkVisibility() && target.matches('input:not([type=checkbox]), textarea, select, [contenteditable]');

/**
 * Listen.
 * @param doing { step(count), kind(index), search(), enter(), back(), time(name), view() }
 */
export function listen(doing) {
  const moves = {
    j: () => doing.step(1),
    k: () => doing.step(-1),
    '/': doing.search,
    Enter: doing.enter,
    ' ': () => doing.time('pause'),
    n: () => doing.time('next'),
    '+': () => doing.time('second'),
    '=': () => doing.time('second'),
    '>': () => doing.time('half'),
    z: () => doing.time('idle'),
    v: doing.view,
    N: () => byId('namespace').focus(),
    1: () => doing.kind(0),
    2: () => doing.kind(1),
    3: () => doing.kind(2),
    4: () => doing.kind(3),
  };
  const byKey = new Map(Object.entries(ACTIONS).map(([name, action]) => [action.key, name]));

  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector('dialog[open]')) return;
    if (event.key === 'Escape') return doing.back(event);
    if (typing(event.target)) return;
    if (arrows(event)) return event.preventDefault();
    if (!keysOn()) return;
    if ((event.key === ' ' || event.key === 'Enter') && event.target.matches(PRESSED)) return;
    const move = moves[event.key] ?? (byKey.has(event.key) ? () => run(byKey.get(event.key)) : null);
    if (!move) return;
    event.preventDefault();
    move();
  });
}

function arrows(event) {
  const root = byId('lanes');
  if (!root || state.view !== 'live' || event.target.closest('[role=tablist], pre, .scroll')) return false;
  if (event.key === 'ArrowLeft') return stepItem(-1) ?? true;
  if (event.key === 'ArrowRight') return stepItem(1) ?? true;
  if (!event.target.closest('#lanes')) return false;
  if (event.key === 'ArrowUp') return stepRow(root, -1) ?? true;
  if (event.key === 'ArrowDown') return stepRow(root, 1) ?? true;
  return false;
}
