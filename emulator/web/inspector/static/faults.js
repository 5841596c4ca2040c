// Faults: what goes wrong from now on, whatever comes. Owns the dialog that switches them on and off; each button is one
// call.

import { control, letBe, send } from './api.js';
import { curlLine, perform, show } from './dialogs.js';
import { button, fill, h } from './dom.js';
import { curlOf } from './curl.js';
import { on, state, touch } from './store.js';

const start = { routes: ['siprec_start'] };

/** What a button switches on, and its words. */
const PRESETS = [
  [
    'Answers',
    [
      ['siprec_start: 503', { requests: [{ ...start, answer: { status: 503, error: '10007' } }] }],
      ['siprec_start: 429', { requests: [{ ...start, answer: { status: 429, error: '10011' } }] }],
      ['siprec_start: 422, call ended', { requests: [{ ...start, answer: { status: 422, error: '90018' } }] }],
      ['Every answer 2 s late', { requests: [{ answer: { result: 'ok', delay: '2s' } }] }],
      ['Connection reset', { requests: [{ answer: { fault: 'reset' } }] }],
      ['Garbage in place of an answer', { requests: [{ answer: { fault: 'garbage' } }] }],
    ],
  ],
  [
    'Webhooks',
    [
      ['First attempt lost', { webhooks: [{ deliver: { attempts: [{ simulate: 'drop' }] } }] }],
      ['App’s answer lost', { webhooks: [{ deliver: { attempts: [{ simulate: 'ack_lost' }] } }] }],
      ['Each twice', { webhooks: [{ deliver: { copies: 2, gap: '200ms' } }] }],
      ['5 s late', { webhooks: [{ deliver: { delay: '5s' } }] }],
      ['Signed by a wrong key', { webhooks: [{ sign: { mode: 'wrong_key' } }] }],
      ['Stamp 10 min old', { webhooks: [{ sign: { timestamp_skew: '-10m' } }] }],
    ],
  ],
];

function limited(rules, { count, probability }) {
  const with_ = (one) => ({
    ...one,
    ...(count ? { count: Number(count) } : {}),
    ...(probability < 100 ? { probability: probability / 100 } : {}),
  });
  return Object.fromEntries(Object.entries(rules).map(([kind, list]) => [kind, list.map(with_)]));
}

/** The faults that are on, in words. */
function faultWords() {
  const requests = state.faults.requests.map((one) => ({
    words: `${one.routes.join(', ') || 'every route'}: ${answerWords(one.answer)}`,
    one,
  }));
  const webhooks = state.faults.webhooks.map((one) => ({
    words: `${one.events.join(', ') || 'every webhook'}: ${webhookWords(one)}`,
    one,
  }));
  return [...requests, ...webhooks];
}

function answerWords(answer) {
  const late =
    answer.delay && answer.delay !== '0s'
      ? `, ${typeof answer.delay === 'string' ? answer.delay : 'drawn'} late`
      : '';
  return (answer.fault ?? `${answer.status} ${(answer.codes ?? []).join(' ')}`.trim()) + late;
}

function webhookWords({ deliver, sign }) {
  const words = [];
  if (deliver) {
    if (deliver.copies !== 1) words.push(`${deliver.copies} copies`);
    if (deliver.delay !== '0s') words.push(`${typeof deliver.delay === 'string' ? deliver.delay : 'drawn'} late`);
    words.push(...deliver.attempts.map((one) => one.simulate.replaceAll('_', ' ')));
  }
  if (sign && sign.mode !== 'good') words.push(sign.mode.replaceAll('_', ' '));
  if (sign?.skew_ms) words.push(`stamp ${sign.skew_ms / 1000} s off`);
  return words.join(', ');
}

/** The dialog. */
export function showFaults() {
  const count = h('input', { id: 'fault-count', type: 'number', min: '1', placeholder: 'always' });
  const chance = h('input', { id: 'fault-chance', type: 'number', min: '0', max: '100', value: '100' });
  const line = curlLine();
  const options = () => ({ count: count.value, probability: Number(chance.value) });
  const callOf = (rules) => control('POST', '/faults', { body: limited(rules, options()) });
  const preset = ([words, rules]) => {
    const look = () => line.set(curlOf(callOf(rules), Boolean(state.token)));
    return button(words, () => switched(callOf(rules), `On: ${words}`), {
      class: 'small',
      onfocus: look,
      onmouseenter: look,
    });
  };
  const none = button('Switch all off', () => switched(control('DELETE', '/faults'), 'All faults are off'), {
    class: 'small',
  });
  const now = h('ul', { class: 'faults-on', 'aria-label': 'Faults that are on' });
  const content = h(
    'div',
    {},
    h('h3', {}, 'Switched on now'),
    now,
    none,
    h('h3', {}, 'Switch on'),
    h('p', {}, 'Each button switches one on for this namespace, beside those that are on.'),
    h(
      'div',
      { class: 'inline' },
      h('label', { for: 'fault-count' }, 'How often at most'),
      count,
      h('label', { for: 'fault-chance' }, 'Chance in %'),
      chance,
    ),
    PRESETS.map(([title, presets]) => [h('h4', {}, title), h('div', { class: 'presets' }, presets.map(preset))]),
    line.element,
  );
  const dialog = show('Faults', content, { wide: true });
  const draw = () => {
    const list = faultWords();
    none.hidden = !list.length;
    fill(
      now,
      list.length
        ? list.map(({ words, one }) =>
            h('li', {}, words, h('small', {}, ` struck ${one.struck}${one.count ? ` of ${one.count}` : ''}`)),
          )
        : h('li', { class: 'faint' }, 'None: everything goes as its scenario says.'),
    );
  };
  dialog.addEventListener('close', on('faults', draw));
  draw();
  line.set(curlOf(callOf(PRESETS[0][1][0][1]), Boolean(state.token)));
}

async function switched(call, words) {
  if (!(await perform(call, words))) return;
  const found = await send(control('GET', '/faults')).catch(letBe);
  if (!found) return;
  state.faults = found.data;
  touch('faults');
}
