// Help: how an app is pointed here, and what the keys do.

import { ACTIONS } from './actions.js';
import { control } from './api.js';
import { toast } from './announce.js';
import { perform, show } from './dialogs.js';
import { copyButton } from './copying.js';
import { button, h } from './dom.js';
import { MOVES, keysOn, setKeysOn } from './keys.js';
import { mark } from './marks.js';
import { state, USUAL_KEY } from './store.js';

const LEGEND = [
  ['good', 'delivered, accepted'],
  ['bad', 'refused by a status'],
  ['lost', 'no answer'],
  ['simulated', 'simulated by a scenario or a fault'],
  ['pending', 'under way'],
  ['running', 'recording, answered'],
  ['done', 'over'],
  ['none', 'abandoned, nothing sent'],
];

const DESCRIPTION = 'openapi.json';

/** The lines that point an app at this emulator. */
function environment() {
  const lines = [`export TELNYX_BASE_URL=${location.origin}/v2`];
  // who has set another key has it, and it may be a secret
  if (state.key === USUAL_KEY) lines.push(`export TELNYX_API_KEY=${USUAL_KEY}`);
  return [...lines, `export TELNYX_PUBLIC_KEY=${state.info?.public_key ?? ''}`].join('\n');
}

/** What points an app here, to be copied. */
export function pointing() {
  return h(
    'figure',
    { class: 'raw' },
    h(
      'figcaption',
      {},
      'Point an app here',
      copyButton('Copy', environment, { 'aria-label': 'Copy the environment' }),
    ),
    h('pre', { tabindex: '0', 'aria-label': 'Environment' }, environment()),
  );
}

/** What opens the description of every call: a link, or a call of the page where there is a token to be sent along. */
const description = () =>
  state.token
    ? button(DESCRIPTION, openDescription, { class: 'pointer' })
    : h('a', { href: DESCRIPTION, target: '_blank' }, DESCRIPTION);

let opened = ''; // the description that was opened last, kept for as long as its tab may want it

async function openDescription() {
  const told = await perform(control('GET', `/${DESCRIPTION}`, { namespace: null }));
  if (!told) return;
  URL.revokeObjectURL(opened);
  opened = URL.createObjectURL(new Blob([JSON.stringify(told, null, 2)], { type: 'application/json' }));
  if (!open(opened, '_blank')) toast('The browser does not let this page open another tab.', 'bad');
}

const keyList = (pairs) =>
  h(
    'dl',
    { class: 'keys' },
    pairs.flatMap(([keys, words]) => [
      h(
        'dt',
        {},
        keys.map((key) => h('kbd', {}, key)),
      ),
      h('dd', {}, words),
    ]),
  );

/** The overlay. */
export function showHelp() {
  const actions = Object.values(ACTIONS).map((action) => [[action.key], action.words.replace('…', '')]);
  const toggle = h('input', {
    type: 'checkbox',
    id: 'single-keys',
    checked: keysOn(),
    onchange: (event) => setKeysOn(event.target.checked),
  });
  show(
    'Help',
    h(
      'div',
      { class: 'help' },
      h(
        'section',
        {},
        h('h3', {}, 'Keys'),
        keyList(MOVES),
        h('label', { class: 'check', for: 'single-keys' }, toggle, 'Keys of one letter work'),
      ),
      h('section', {}, h('h3', {}, 'Actions'), keyList(actions)),
      h(
        'section',
        {},
        h('h3', {}, 'Shapes'),
        h(
          'ul',
          { class: 'legend' },
          LEGEND.map(([shape, words]) => h('li', {}, mark(shape), words)),
        ),
        h('h3', {}, 'An app'),
        pointing(),
        h(
          'p',
          {},
          'Everything is a call: ',
          h('kbd', {}, 'c'),
          ' shows those of this page as curl lines; ',
          description(),
          ' describes them all.',
        ),
      ),
    ),
    { wide: true },
  );
}
