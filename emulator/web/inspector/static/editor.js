// The scenario editor: the YAML, what is wrong with it as one types, and beside it what a start would get. Owns the
// text; whether it is right, and what it means, the emulator says.

import { announce, toast } from './announce.js';
import { control, letBe, Refused, segment, send } from './api.js';
import { curlOf } from './curl.js';
import { ask, perform } from './dialogs.js';
import { copyButton } from './copying.js';
import { button, byId, fill, h, say } from './dom.js';
import { explained } from './outlook.js';
import { on, paced, state, touch } from './store.js';

const NEW = `version: 1
name: mine
description: The recorder is busy, and the app hears of it after a second.
timeline:
  - emit: siprec.failed
    after: 1s
    payload: {failure_cause: user_busy}
`;

let parts = null;
let known = null; // the name of the scenario that the text is, once it is right
let revealed = null; // the name that was scrolled to

/** Make the view. */
export function makeEditor() {
  const text = h('textarea', {
    id: 'yaml',
    spellcheck: 'false',
    autocomplete: 'off',
    autocapitalize: 'off',
    wrap: 'off',
    'aria-label': 'Scenario, YAML',
    'aria-describedby': 'verdict',
    oninput: typed,
    onscroll: () => {
      gutter.scrollTop = text.scrollTop;
    },
    onkeydown: indent,
  });
  const gutter = h('div', { class: 'gutter', 'aria-hidden': 'true' });
  const verdict = h('p', { id: 'verdict', class: 'verdict', role: 'status' });
  const problems = h('ol', { class: 'problems', 'aria-label': 'What is wrong' });
  const outlook = h('div', { class: 'outlook' });
  const names = h('ul', { class: 'names' });
  const apply = button('Apply', put, { class: 'main' });
  const next = button('Play it next', playNext, { class: 'small' });
  const remove = button('Delete…', forget, { class: 'small' });
  const curl = copyButton('Copy as curl', () => (known ? curlOf(putCall(), Boolean(state.token)) : null));
  parts = { text, gutter, verdict, problems, outlook, names, apply, next, remove, curl };
  fill(
    byId('scenarios'),
    h(
      'nav',
      { class: 'catalogue', 'aria-label': 'Scenarios' },
      h('h2', {}, 'Scenarios'),
      button('New', () => edit(NEW), { class: 'small' }),
      names,
    ),
    h(
      'section',
      { class: 'writing', 'aria-label': 'Editor' },
      h('header', {}, h('h2', {}, 'YAML'), h('div', { class: 'buttons' }, apply, next, remove, curl)),
      h('div', { class: 'paper' }, gutter, text),
      verdict,
      problems,
    ),
    h('section', { class: 'meaning', 'aria-label': 'What it does' }, h('h2', {}, 'What a start gets'), outlook),
  );
  on('scenarios namespace', drawNames);
  on('view', () => {
    if (state.view === 'scenarios' && !asked) edit(NEW, false);
  });
}

/** Put a text into the editor, and show it. */
export function edit(text, open = true) {
  parts.text.value = text;
  known = null;
  revealed = null;
  typed();
  if (open && location.hash.slice(1) !== 'scenarios') location.hash = 'scenarios';
}

/** Show a loaded scenario, as that namespace sees it; without one as the page's does. */
export async function openScenario(name, namespace) {
  try {
    const { data } = await send(
      control('GET', `/scenarios/${segment(name)}`, { namespace: namespace || state.namespace }),
    );
    edit(data.text, false);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message, 'bad');
  }
}

function drawNames() {
  const own = new Set(state.namespaces.find((one) => one.id === state.namespace)?.scenarios ?? []);
  fill(
    parts.names,
    state.scenarios.map((one) =>
      h(
        'li',
        {},
        h(
          'a',
          {
            href: `#scenarios/${encodeURIComponent(one.name)}`,
            title: one.description,
            'aria-current': one.name === known ? 'true' : null,
          },
          h('b', {}, one.name),
          own.has(one.name) ? h('i', { class: 'state good' }, 'own') : null,
          one.plays === 'recording' ? null : h('i', { class: 'state' }, one.plays),
        ),
      ),
    ),
  );
  revealName();
}

/** Scroll to the name of what is in the editor, and nothing but that: somebody may be typing there. */
function revealName() {
  const name = parts.names.querySelector('[aria-current]');
  if (!name || known === revealed) return;
  revealed = known;
  // beside the editor the whole column scrolls, above it the names alone
  for (const scroller of [parts.names, parts.names.parentElement]) {
    const [one, all] = [name.getBoundingClientRect(), scroller.getBoundingClientRect()];
    if (one.top < all.top || one.bottom > all.bottom)
      scroller.scrollTop += one.top - all.top - (all.height - one.height) / 2;
  }
}

// --- checking ---

let asked = 0;

const check = paced(200, async () => {
  const mine = asked;
  const text = parts.text.value;
  const call = control('POST', '/scenarios/validate', {
    text,
    query: { explain: 'true', file: 'scenario' },
    reads: true,
  });
  try {
    const answer = await send(call);
    if (mine === asked) judged(answer);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (mine === asked) judged({ valid: false, problems: [], trouble: error.message });
  }
});

function typed() {
  asked += 1;
  number([]);
  check();
}

function judged(answer) {
  const { problems, verdict, outlook, apply, next, curl } = parts;
  const wrong = answer.problems ?? [];
  known = answer.valid ? answer.scenario.name : null;
  const warnings = answer.valid ? answer.scenario.warnings : [];
  verdict.className = `verdict ${answer.valid ? 'good' : 'bad'}`;
  const words = answer.valid
    ? `${known} is right${warnings.length ? `, with ${warnings.length} warning${warnings.length === 1 ? '' : 's'}` : ''}`
    : (answer.trouble ?? `${wrong.length} thing${wrong.length === 1 ? ' is' : 's are'} wrong`);
  say(verdict, words);
  fill(
    problems,
    wrong.map((one) =>
      h(
        'li',
        {},
        button(`${one.line}:${one.column}`, () => lead(one), { class: 'pointer' }),
        h('span', {}, one.message),
      ),
    ),
    warnings.map((one) => h('li', { class: 'warning' }, h('span', {}, one))),
  );
  for (const one of [apply, next, curl]) one.disabled = !answer.valid;
  parts.remove.disabled = !state.scenarios.some((one) => one.name === known);
  number(wrong.map((one) => one.line));
  outlook.classList.toggle('stale', !answer.valid);
  if (answer.outlook) fill(outlook, explained(answer.outlook));
  else if (!outlook.firstChild)
    fill(outlook, h('p', { class: 'faint' }, 'Once the text is right, what it does stands here.'));
  drawNames();
}

function number(wrong) {
  const lines = parts.text.value.split('\n').length;
  const marked = new Set(wrong);
  fill(
    parts.gutter,
    Array.from({ length: lines }, (_, index) =>
      h('span', { class: marked.has(index + 1) ? 'wrong' : null }, String(index + 1)),
    ),
  );
  parts.gutter.scrollTop = parts.text.scrollTop;
}

/** Put the cursor where something is wrong. */
function lead({ line, column }) {
  const { text } = parts;
  const before = text.value
    .split('\n')
    .slice(0, line - 1)
    .reduce((sum, one) => sum + one.length + 1, 0);
  text.focus();
  text.setSelectionRange(before + column - 1, before + column);
}

/** Tab indents, as in YAML, by two spaces; Escape first, and Tab leaves. */
function indent(event) {
  const { text } = parts;
  if (event.key === 'Escape') {
    text.dataset.leaving = '1';
    announce('Tab leaves the editor now');
    return;
  }
  if (event.key !== 'Tab' || event.shiftKey || text.dataset.leaving) {
    delete text.dataset.leaving;
    return;
  }
  event.preventDefault();
  text.setRangeText('  ', text.selectionStart, text.selectionEnd, 'end');
  typed();
}

// --- putting it to use ---

const putCall = () => control('PUT', `/scenarios/${segment(known)}`, { text: parts.text.value });

async function put() {
  if (!known) return false;
  const name = known;
  const where = state.namespace ? `namespace ${state.namespace}` : 'every namespace';
  if (!(await perform(putCall(), `${name} is loaded for ${where}`))) return false;
  await readScenarios();
  return true;
}

async function playNext() {
  const name = known;
  if (state.namespace === null) return toast('Choose a namespace first: each has a queue of its own.', 'bad');
  if (await put())
    await perform(control('POST', '/queue', { body: { scenario: name } }), `${name} plays the next start`);
  return undefined;
}

function forget() {
  const name = known;
  if (!name) return;
  ask({
    title: `Delete ${name}`,
    doing: 'Delete it',
    intro: state.namespace
      ? `Starts of namespace ${state.namespace} play it no more, until it is applied again.`
      : 'No start plays it any more, until it is applied again.',
    fields: [],
    call: () => control('DELETE', `/scenarios/${segment(name)}`),
    done: () => {
      toast(`${name} is gone`);
      readScenarios();
    },
  });
}

/** Ask which scenarios there are. */
export async function readScenarios() {
  const found = await send(control('GET', '/scenarios')).catch(letBe);
  if (!found) return;
  state.scenarios = found.data;
  touch('scenarios');
}
