// What went over the wire, as it was: headers and bodies. Owns how they are shown and how violations point into them.

import { copyButton } from './copying.js';
import { h } from './dom.js';
import { placeOf, placesOf, placesOfForm } from './pointers.js';

const MOST = 60_000; // characters of a body that are shown

/** Headers as a table. */
export function headersOf(headers) {
  if (!headers.length) return h('p', { class: 'faint' }, 'No headers.');
  return h(
    'dl',
    { class: 'headers' },
    headers.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
  );
}

function laidOut(text, kind) {
  if (kind === 'form') return { text, places: placesOfForm(text) };
  let pretty = text;
  // one line of JSON is laid out for reading; what was sent in lines is left as it was
  if (!text.includes('\n')) {
    try {
      pretty = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      /* it is no JSON, and shown as it is */
    }
  }
  return { text: pretty, places: placesOf(pretty) };
}

/**
 * A body, with what is wrong marked in it.
 * @param message { body } or { body_base64 }.
 * @param options { kind: 'json' or 'form', violations }
 */
export function bodyOf(message, { kind = 'json', violations = [], label = 'Body' } = {}) {
  if (message.body_base64 !== undefined) {
    return frame(`${label}, in Base64 since it is no text`, message.body_base64, [
      message.body_base64.slice(0, MOST),
    ]);
  }
  if (!message.body) return h('p', { class: 'faint' }, `${label}: empty.`);
  const { text, places } = laidOut(message.body, kind);
  const marked = violations
    .map((one, index) => ({ ...placeOf(places, one.pointer), index, one }))
    .filter((place) => place.to !== undefined)
    .sort((one, other) => one.from - other.from || other.to - one.to);
  return frame(label, message.body, pieces(text.slice(0, MOST), marked), text.length > MOST);
}

function pieces(text, marked) {
  const parts = [];
  let at = 0;
  for (const { from, to, index, one } of marked) {
    if (from < at) continue;
    parts.push(
      text.slice(at, from),
      h('mark', { id: `wrong-${index}`, tabindex: '-1', title: one.detail }, text.slice(from, to)),
    );
    at = to;
  }
  return [...parts, text.slice(at)];
}

function frame(label, raw, content, cut = false) {
  return h(
    'figure',
    { class: 'raw' },
    h(
      'figcaption',
      {},
      label,
      cut ? ', its beginning' : '',
      copyButton('Copy', raw, { 'aria-label': `Copy ${label.toLowerCase()}` }),
    ),
    h('pre', { tabindex: '0', 'aria-label': label }, content),
  );
}

/** What is wrong, each entry leading to its place. */
export function violationsOf(violations, root) {
  return h(
    'ol',
    { class: 'violations' },
    violations.map((one, index) =>
      h(
        'li',
        {},
        h('button', { type: 'button', class: 'pointer', onclick: () => lead(root(), index) }, one.pointer || '/'),
        h('span', {}, one.detail),
        h('code', {}, one.code),
      ),
    ),
  );
}

function lead(root, index) {
  const place = root.querySelector(`#wrong-${index}`) ?? root.querySelector('mark');
  place?.scrollIntoView({ block: 'center' });
  place?.focus();
}
