// Outcomes as shapes: each has a form of its own beside its colour, so that none depends on seeing colours.

import { svg } from './dom.js';

const DRAWN = {
  good: [
    ['circle', { cx: 10, cy: 10, r: 9, class: 'body' }],
    ['path', { d: 'M5.5 10.5l3 3 6-7', class: 'sign' }],
  ],
  bad: [
    ['rect', { x: 1.5, y: 1.5, width: 17, height: 17, rx: 2, class: 'body' }],
    ['path', { d: 'M6 6l8 8M14 6l-8 8', class: 'sign' }],
  ],
  lost: [
    ['path', { d: 'M10 0.8L19.2 10 10 19.2 0.8 10z', class: 'body' }],
    ['path', { d: 'M10 5.2v6M10 14v.6', class: 'sign' }],
  ],
  simulated: [
    ['path', { d: 'M10 0.8L19.2 10 10 19.2 0.8 10z', class: 'body hollow' }],
    ['path', { d: 'M6.5 10h7', class: 'sign' }],
  ],
  pending: [
    ['circle', { cx: 10, cy: 10, r: 8.5, class: 'body hollow' }],
    ['path', { d: 'M10 5.5V10l3 2', class: 'sign' }],
  ],
  none: [
    ['circle', { cx: 10, cy: 10, r: 8.5, class: 'body hollow' }],
    ['path', { d: 'M4.5 15.5l11-11', class: 'sign' }],
  ],
  running: [
    ['circle', { cx: 10, cy: 10, r: 8.5, class: 'body hollow' }],
    ['circle', { cx: 10, cy: 10, r: 4.6, class: 'fill' }],
  ],
  done: [
    ['circle', { cx: 10, cy: 10, r: 8.5, class: 'body hollow' }],
    ['rect', { x: 6.5, y: 6.5, width: 7, height: 7, class: 'fill' }],
  ],
  event: [['path', { d: 'M10 2v16', class: 'sign' }]],
};

/** The shape of an outcome, with its colour's class; it says nothing to a screen reader, the words beside it do. */
export function mark(outcome) {
  const shapes = (DRAWN[outcome] ?? DRAWN.none).map(([tag, attributes]) => svg(tag, attributes));
  return svg(
    'svg',
    { viewBox: '0 0 20 20', class: `mark ${outcome}`, 'aria-hidden': 'true', focusable: 'false' },
    shapes,
  );
}

/** Of a session's or a call's state. */
export const OF_STATE = {
  starting: 'pending',
  started: 'running',
  stopped: 'done',
  failed: 'bad',
  ended: 'done',
  ringing: 'pending',
  answered: 'running',
  bridged: 'running',
  dialled: 'pending',
  media_changed: 'running',
  hung_up: 'done',
};

/** Of a webhook's delivery. */
export const OF_DELIVERY = {
  pending: 'pending',
  delivered: 'good',
  failed: 'bad',
  abandoned: 'none',
  unaddressed: 'none',
  withheld: 'simulated',
};

/** Of an attempt. */
export function ofAttempt(attempt) {
  if (attempt.outcome === 'delivered') return 'good';
  if (attempt.outcome === 'pending') return 'pending';
  if (attempt.outcome === 'abandoned') return 'none';
  if (attempt.simulate && attempt.simulate !== 'none') return 'simulated';
  return attempt.response ? 'bad' : 'lost';
}

/** Of an answer's status, or of a fault in its place. */
export function ofStatus(status, fault) {
  if (fault) return 'lost';
  return status < 400 ? 'good' : 'bad';
}
