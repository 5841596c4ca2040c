// What a row of each list shows. A screen reader says the same words, and so shapes are never alone.

import { h } from './dom.js';
import { clockTime, shortened } from './format.js';
import { mark, OF_DELIVERY, OF_STATE, ofStatus } from './marks.js';
import { state } from './store.js';
import { instantOf } from './windows.js';

const ROUTE_WORDS = { dial: 'dial', call_read: 'read call', public_key: 'public key' };

export const routeName = (entry) =>
  entry.route ? (ROUTE_WORDS[entry.route] ?? entry.route) : `${entry.method} ${entry.target}`;

const TAIL = 8;

const ONE_WORD = /^[!-~]*$/;

/**
 * A long identifier: where room is short its beginning is cut, since ends tell identifiers apart. What has
 * several words, may run from right to left, or has characters of several parts, is left whole.
 */
function ends(text) {
  if (text.length <= 2 * TAIL || !ONE_WORD.test(text)) return text;
  return [h('span', { class: 'start' }, text.slice(0, -TAIL)), h('span', { class: 'end' }, text.slice(-TAIL))];
}

const time = (entry) => (entry.at ? clockTime(instantOf(entry)).slice(0, 12) : '');

function row(shape, title, how, facts, aside) {
  const known = facts.filter(Boolean);
  const children = [
    mark(shape),
    h('b', { class: 'title' }, ends(title)),
    ' ',
    h('span', { class: 'aside' }, aside),
    ' ',
    h(
      'span',
      { class: 'facts' },
      h('i', { class: `state ${shape}` }, how),
      known.map((fact) => [' ', h('span', {}, fact)]),
    ),
  ];
  return { children, words: [title, aside, how, ...known].join(', ') };
}

const whose = (entry) => (state.namespace === null ? entry.namespace : '');

const RENDERED = {
  sessions: (entry) =>
    row(
      OF_STATE[entry.state],
      entry.call,
      entry.state,
      [entry.cause, entry.scenario, entry.connector, entry.api === 'texml' ? 'TeXML' : '', whose(entry)],
      time(entry),
    ),
  calls: (entry) =>
    row(
      OF_STATE[entry.state],
      entry.from ? `${entry.from} → ${entry.to}` : entry.call,
      entry.state,
      [entry.cause, entry.direction, entry.recording ? 'recording' : '', entry.scenario, whose(entry)],
      time(entry),
    ),
  requests: (entry) =>
    row(
      ofStatus(entry.status),
      routeName(entry),
      String(entry.status),
      [
        entry.violations ? `${entry.violations} invalid` : '',
        entry.trouble,
        shortened(entry.call, 22),
        entry.scenario,
        whose(entry),
      ],
      time(entry),
    ),
  webhooks: (entry) =>
    row(
      OF_DELIVERY[entry.state],
      entry.event,
      entry.state,
      [
        entry.attempts > 1 ? `${entry.attempts} attempts` : '',
        entry.repeats === null ? '' : `again, of ${entry.repeats}`,
        shortened(entry.call, 22),
        whose(entry),
      ],
      time(entry),
    ),
};

export const render = (kind) => RENDERED[kind];
