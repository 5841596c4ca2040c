// The chosen item of a story, with all that is known of it: a request with its answer and the choice of its scenario, a
// change of state, a webhook with its attempts.

import { act } from './actions.js';
import { curlOfAttempt, curlOfRequest, pythonOf } from './curl.js';
import { copyButton } from './copying.js';
import { fill, h, scenarioLink } from './dom.js';
import { clockTime, fullTime, micros, since, span } from './format.js';
import { mark, ofAttempt, OF_DELIVERY } from './marks.js';
import { bodyOf, headersOf, violationsOf } from './raw.js';
import { choosing, flagsOf } from './story.js';

const RULES = {
  header: 'the header X-Emulator-Scenario',
  queue: 'the queue',
  magic_connector: 'the connector’s name',
  magic_callee: 'the callee’s address',
  match: 'its match',
  default: 'the default',
};

/** Show an item. */
export function drawDetail(root, story, item) {
  const parts =
    item === null
      ? []
      : { request: requestDetail, state: stateDetail, event: webhookDetail, attempt: webhookDetail }[item.kind](
          item,
          story,
          root,
        );
  fill(root, parts);
}

function heading(item, title, shape, words, ...buttons) {
  return h(
    'header',
    { class: 'detail-head' },
    h('h3', { tabindex: '-1' }, mark(shape), title, h('i', { class: `state ${shape}` }, words)),
    h('div', { class: 'buttons' }, buttons),
  );
}

function section(title, ...content) {
  return h('section', { class: 'part', 'aria-label': title }, h('h4', {}, title), content);
}

function facts(pairs) {
  return h(
    'dl',
    { class: 'facts-list' },
    pairs
      .filter(([, value]) => value !== null && value !== undefined && value !== '')
      .flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
  );
}

// --- requests ---

function requestDetail(item, story, root) {
  const { entry } = item;
  if (!entry.request) return strayDetail(item);
  const form = /x-www-form-urlencoded/.test(
    entry.request.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '',
  );
  const python = pythonOf(entry);
  const violations = entry.violations ?? [];
  return [
    heading(
      item,
      item.title,
      item.outcome,
      item.note,
      copyButton('Copy as curl', () => curlOfRequest(entry)),
      python ? copyButton('Copy as Python', () => python) : null,
    ),
    facts([
      ['Request', `${entry.method} ${entry.target}`],
      ['At', `${fullTime(item.at)}  (${since(item.at - story.start)})`],
      ['Hint', entry.hint],
      [
        'Warnings',
        entry.warnings.length
          ? h(
              'ul',
              {},
              entry.warnings.map((one) => h('li', {}, one)),
            )
          : null,
      ],
    ]),
    violations.length
      ? section(
          `${violations.length} thing${violations.length === 1 ? '' : 's'} wrong with the body`,
          violationsOf(violations, () => root),
        )
      : null,
    h(
      'div',
      { class: 'pair' },
      section(
        'Request',
        bodyOf(entry.request, { kind: form ? 'form' : 'json', violations, label: 'Request body' }),
        folded('Headers', entry.request.headers.length, headersOf(entry.request.headers)),
      ),
      section(
        'Answer',
        answerLine(entry.answer),
        bodyOf(entry.answer, { label: 'Answer body' }),
        folded('Headers', entry.answer.headers.length, headersOf(entry.answer.headers)),
      ),
    ),
    entry.selection ? chosenBy(entry.selection, entry.namespace) : null,
  ];
}

function folded(title, count, content) {
  return h('details', {}, h('summary', {}, `${title} (${count})`), content);
}

function answerLine(answer) {
  const late = answer.delay_ms ? ` after ${span(Math.round(answer.delay_ms * 1000))}` : '';
  const fault = answer.fault ? `, the wire: ${answer.fault}` : '';
  return h(
    'p',
    { class: 'answer-line' },
    h('b', {}, String(answer.status)),
    `${late}${fault}  ${answer.body || answer.body_base64 ? answer.content_type : ''}`,
  );
}

function strayDetail(item) {
  const { entry } = item;
  return [
    heading(
      item,
      `${entry.method} ${entry.target}`,
      item.outcome,
      item.note,
      copyButton('Copy as curl', () => curlOfRequest(entry)),
    ),
    facts([
      ['At', fullTime(item.at)],
      ['Why', entry.reason],
      ['Passed on to', entry.forwarded_to],
    ]),
    entry.forwarded_to ? null : h('p', { class: 'faint' }, 'No route took this request: its body was not kept.'),
  ];
}

/** Why this scenario, and why no other. */
function chosenBy(selection, namespace) {
  const others = selection.others;
  return section(
    'Which scenario, and why',
    h(
      'p',
      { class: 'chosen' },
      scenarioLink(selection.scenario, namespace),
      ` by ${RULES[selection.rule] ?? selection.rule}`,
    ),
    h('p', {}, selection.detail),
    others.length
      ? h(
          'details',
          { class: 'others' },
          h('summary', {}, `Why not the other ${others.length}`),
          h(
            'dl',
            {},
            others.flatMap((one) => [h('dt', {}, one.scenario), h('dd', {}, one.reason)]),
          ),
        )
      : null,
  );
}

// --- states ---

function stateDetail(item, story) {
  const { entry } = item;
  return [
    heading(
      item,
      entry.from ? `${entry.from} → ${entry.to}` : `begins: ${entry.to}`,
      item.outcome,
      item.note.replaceAll('_', ' '),
    ),
    facts([
      ['At', `${fullTime(item.at)}  (${since(item.at - story.start)})`],
      ['Cause', entry.cause],
      ['Session', entry.session_id],
      ['Call', entry.call_control_id],
      ['Scenario', entry.scenario],
      ['Direction', entry.direction],
    ]),
  ];
}

// --- webhooks ---

const VERDICTS = {
  good: ['good', 'The signature is good'],
  missing: ['lost', 'It carries no signature'],
  garbled: ['bad', 'The signature is garbled'],
  stale: ['bad', 'The stamp is too old or too new'],
  wrong: ['bad', 'The signature is by another key'],
};

function webhookDetail(item, story) {
  const { entry } = item;
  const attempt = item.attempt ?? entry.attempts[entry.attempts.length - 1] ?? null;
  const made = attempt ? entry.tries[entry.attempts.indexOf(attempt)] : null;
  return [
    heading(
      item,
      entry.event_type,
      OF_DELIVERY[entry.state],
      entry.state,
      act('replay', 'Replay', { id: entry.seq }),
      act('edit', 'Replay edited…', { entry }),
      attempt?.request ? copyButton('Copy as curl', () => curlOfAttempt(attempt)) : null,
    ),
    facts([
      ['Occurred', `${fullTime(micros(entry.occurred_at))}  (${since(micros(entry.occurred_at) - story.start)})`],
      ['Event id', entry.id],
      ['Number', String(entry.seq)],
      ['Repeats', entry.repeats === null ? null : `webhook ${entry.repeats}`],
      ['Marks', flagsOf(entry, story.webhooks).join(', ')],
      [
        'Warnings',
        entry.warnings.length
          ? h(
              'ul',
              {},
              entry.warnings.map((one) => h('li', {}, one)),
            )
          : null,
      ],
    ]),
    entry.attempts.length
      ? section('Attempts', attemptTable(entry, attempt))
      : h('p', { class: 'faint' }, noAttempt(entry)),
    attempt
      ? attemptDetail(attempt, made)
      : section('Payload', bodyOf({ body: JSON.stringify(entry.payload) }, { label: 'Payload' })),
  ];
}

function noAttempt(entry) {
  if (entry.state === 'unaddressed') return 'Nobody asked for it: a TeXML session without StatusCallback.';
  if (entry.state === 'withheld') return 'The scenario sends no copy of it.';
  return 'No attempt yet.';
}

function attemptTable(entry, chosen) {
  const columns = ['', '#', 'Made', 'URL', 'Outcome', 'Took', 'Signature'];
  const rows = entry.attempts.map((one, index) => {
    const shape = ofAttempt(one);
    const verdict = entry.tries[index].verdict ?? (one.request?.headers.length ? '' : '–');
    const words = [
      one.outcome,
      one.response?.status,
      one.error?.code,
      one.simulate === 'none' ? null : `simulated ${one.simulate.replaceAll('_', ' ')}`,
    ]
      .filter(Boolean)
      .join(' · ');
    return h(
      'tr',
      { 'aria-current': one === chosen ? 'true' : null },
      h('td', {}, mark(shape)),
      h(
        'td',
        {},
        h(
          'button',
          {
            type: 'button',
            class: 'pointer',
            'aria-label': `Attempt ${one.number}`,
            onclick: () => choosing(`webhook-${entry.seq}-${one.number}`),
          },
          String(one.number),
        ),
      ),
      h('td', {}, clockTime(micros(entry.tries[index].made_at))),
      h('td', { class: 'url' }, one.url),
      h('td', { class: 'words' }, words),
      h('td', {}, one.duration_ms === undefined ? '' : span(Math.round(one.duration_ms * 1000))),
      h('td', {}, verdict),
    );
  });
  return h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Attempts' },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map((one) => h('th', { scope: 'col' }, one || h('span', { class: 'hidden' }, 'Shape'))),
        ),
      ),
      h('tbody', {}, rows),
    ),
  );
}

function attemptDetail(attempt, made) {
  const verdict = VERDICTS[made.verdict];
  const failed = attempt.error
    ? h('p', { class: 'trouble' }, `${attempt.error.reason} (${attempt.error.code})`)
    : null;
  if (!attempt.request) return h('p', { class: 'faint' }, 'It is under way.');
  const sent = attempt.request.headers.length > 0;
  return [
    h(
      'div',
      { class: 'pair' },
      section(
        sent ? `Attempt ${attempt.number}: sent` : `Attempt ${attempt.number}: not sent, simulated`,
        verdict ? h('p', { class: `verdict ${verdict[0]}` }, mark(verdict[0]), verdict[1]) : null,
        attempt.request.body
          ? bodyOf(attempt.request, {
              label: 'Webhook body',
              kind: attempt.request.body.startsWith('{') ? 'json' : 'form',
            })
          : null,
        sent ? folded('Headers', attempt.request.headers.length, headersOf(attempt.request.headers)) : null,
      ),
      section(
        'What came back',
        failed,
        attempt.response
          ? [
              h(
                'p',
                { class: 'answer-line' },
                h('b', {}, String(attempt.response.status)),
                ` from ${attempt.url}`,
              ),
              bodyOf(attempt.response, { label: 'Response body' }),
              folded('Headers', attempt.response.headers.length, headersOf(attempt.response.headers)),
            ]
          : failed
            ? null
            : h('p', { class: 'faint' }, 'Nothing yet.'),
      ),
    ),
  ];
}
