// The side with the lists: its tabs, its search, the list itself, and what it says while it is empty.

import { act } from './actions.js';
import { letBe } from './api.js';
import { byId, fill, h, say } from './dom.js';
import { plural } from './format.js';
import { pointing } from './help.js';
import { render } from './rows.js';
import { on, state, touch } from './store.js';
import { choose } from './story.js';
import { VirtualList } from './virtual.js';
import { FILTERS, windows } from './windows.js';

export const KINDS = [
  ['sessions', 'Sessions'],
  ['calls', 'Calls'],
  ['requests', 'Requests'],
  ['webhooks', 'Webhooks'],
];

const lists = {};

/** The list that is shown. */
export const list = () => lists[state.kind];

/** Make the side; `chosen` is told when somebody chooses an entry by hand, and whether by pressing it. */
export function makeLists(chosen) {
  for (const [kind, title] of KINDS) {
    lists[kind] = new VirtualList({
      label: title,
      render: render(kind),
      choose: (entry, pressed) => {
        state.follow = false;
        choose({ kind, id: entry.id });
        chosen(kind, entry, pressed);
      },
      reachEnd: () => windows[kind].readBack().catch(letBe),
    });
    on(`list:${kind}`, () => state.kind === kind && draw());
  }
  makeTabs();
  makeSearch();
  on('kind', changeKind);
  on('search', draw);
  on('chosen', draw);
  changeKind();
}

function makeTabs() {
  fill(
    byId('tabs'),
    KINDS.map(([kind, title], index) =>
      h(
        'button',
        {
          type: 'button',
          role: 'tab',
          id: `tab-${kind}`,
          'data-kind': kind,
          'aria-controls': 'panel',
          'aria-keyshortcuts': String(index + 1),
          onclick: () => showKind(kind),
          onkeydown: (event) => {
            const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
            if (!step) return;
            event.preventDefault();
            const [next] = KINDS[(index + step + KINDS.length) % KINDS.length];
            showKind(next);
            byId(`tab-${next}`).focus();
          },
        },
        title,
      ),
    ),
  );
}

/** Show another list. */
export function showKind(kind) {
  if (state.kind === kind) return;
  Object.assign(state, { kind, only: '' });
  touch('kind');
}

function makeSearch() {
  const search = byId('search');
  search.addEventListener('input', () => {
    state.search = search.value;
    touch('search');
  });
  search.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    // what was typed may not have been drawn yet
    draw();
    list().element.focus();
    list().step(0);
  });
  byId('only').addEventListener('change', (event) => {
    state.only = event.target.value;
    touch('search');
  });
}

function changeKind() {
  const { kind } = state;
  for (const tab of byId('tabs').children) {
    const now = tab.dataset.kind === kind;
    tab.setAttribute('aria-selected', String(now));
    tab.tabIndex = now ? 0 : -1;
  }
  byId('panel').setAttribute('aria-labelledby', `tab-${kind}`);
  fill(
    byId('only'),
    h('option', { value: '' }, 'All'),
    Object.entries(FILTERS[kind]).map(([value, one]) => h('option', { value }, one.label)),
  );
  byId('only').value = state.only;
  draw();
  // before the page has begun, nobody knows of which namespace
  if (state.info) windows[kind].read();
}

function draw() {
  const { kind } = state;
  const window_ = windows[kind];
  const shown = window_.shown();
  const panel = byId('panel');
  const mine = lists[kind];
  const wanted = shown.length ? mine.element : null;
  if (wanted) {
    if (panel.firstChild !== wanted || panel.childNodes.length > 1) fill(panel, wanted);
    mine.show(shown, state.chosen?.kind === kind ? state.chosen.id : null);
  } else if (panel.dataset.empty !== emptyKey(window_) || !panel.querySelector('.empty')) {
    panel.dataset.empty = emptyKey(window_);
    fill(panel, emptiness(window_));
  }
  // what is older is searched too
  if (!shown.length && window_.loaded) window_.readBack().catch(letBe);
  const all = window_.items.length;
  const noun = kind.slice(0, -1);
  const more = window_.older === null ? '' : ' and older ones';
  say(
    byId('count'),
    !all
      ? ''
      : shown.length === all
        ? `${plural(all, noun)}${more}`
        : `${shown.length.toLocaleString('en')} of ${plural(all, noun)}${more}`,
  );
}

const emptyKey = (window_) => `${window_.kind} ${window_.loaded} ${window_.items.length > 0}`;

const NOTHING = {
  sessions: 'No recording yet. Each siprec_start that is accepted begins one.',
  calls: 'No call yet. Calls come in when somebody says so, are dialled by the app, or are named by its commands.',
  requests: 'No request yet. What an app asks of Telnyx’s routes appears here, also what is refused.',
  webhooks: 'No webhook yet. Each event of a recording or a call appears here, with every attempt.',
};

const STARTERS = { sessions: 'sample', calls: 'call', requests: 'sample', webhooks: 'sample' };

function emptiness(window_) {
  if (!window_.loaded) return h('p', { class: 'empty' }, 'Reading…');
  if (window_.items.length) return h('p', { class: 'empty' }, 'Nothing here fits the search.');
  const first = h('div', { class: 'narrow-only' }, pointing());
  return h('div', { class: 'empty' }, h('p', {}, NOTHING[window_.kind]), act(STARTERS[window_.kind]), first);
}

/** What stands in the place of a story while there is none. */
export function welcome() {
  const webhooks = state.info?.webhook_url;
  return h(
    'div',
    { class: 'welcome' },
    h('h2', {}, 'Nothing is chosen'),
    h(
      'p',
      {},
      'Send a sample to see how a recording starts, or point an app here: every official Telnyx SDK reads these variables.',
    ),
    h('p', { class: 'buttons' }, act('sample', undefined, undefined, 'main'), act('start')),
    pointing(),
    h(
      'p',
      { class: 'faint' },
      webhooks
        ? `Webhooks go to ${webhooks}.`
        : 'Webhooks go to the built-in receiver, until serve --webhook-url says where.',
    ),
  );
}
