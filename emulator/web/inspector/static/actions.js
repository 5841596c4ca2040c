// What can be done. Owns the table of actions: the words, the key, and the one call that each is; the menu, the keys and
// the help page are made of it.

import { control, segment, telnyx } from './api.js';
import { ask, perform, settle, showCalls } from './dialogs.js';
import { button, h } from './dom.js';
import { shortened } from './format.js';
import { save, state, touch } from './store.js';
import { toast } from './announce.js';
import { showFaults } from './faults.js';
import { showHelp } from './help.js';

const EVENTS = ['siprec.started', 'siprec.stopped', 'siprec.failed'];
const CAUSE = { 'siprec.stopped': 'hangup_cause', 'siprec.failed': 'failure_cause' };
const SIGNED = [
  ['', 'As usual'],
  ['wrong_key', 'By a wrong key'],
  ['none', 'Not at all'],
];

const session = () => state.story?.sessions?.[state.story.sessions.length - 1] ?? null;
const call = () => state.story?.call?.call_control_id ?? session()?.call_control_id ?? null;
/** The webhook that is looked at, else the latest of the story. */
const webhook = () => {
  const item = state.story?.items.find((one) => one.id === state.item);
  return item?.entry.event_type ? item.entry : (state.story?.webhooks?.at(-1) ?? null);
};

function parsedObject(text, what) {
  try {
    const value = JSON.parse(text || '{}');
    if (value && typeof value === 'object' && !Array.isArray(value)) return value;
  } catch {
    /* said below */
  }
  throw new Error(`${what} is no JSON object yet.`);
}

/** Scenarios of a kind, for a choice. */
function scenarioOptions(plays, first) {
  return [...first, ...state.scenarios.filter((one) => one.plays === plays).map((one) => [one.name, one.name])];
}

const given = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));

// --- samples ---

const newCall = () => `v3:sample-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;

function startCall({ id, connector_name, siprec_track, client_state, scenario, more }) {
  const body = {
    ...given({ connector_name, siprec_track, client_state }),
    ...parsedObject(more, 'The rest of the body'),
  };
  return telnyx(
    'POST',
    `/calls/${segment(id)}/actions/siprec_start`,
    body,
    scenario ? { 'X-Emulator-Scenario': scenario } : {},
  );
}

const SAMPLE = {
  connector_name: 'my-srs',
  siprec_track: 'both_tracks',
  client_state: 'aGF2ZSBhIG5pY2UgZGF5ID1d',
  scenario: '',
  more: '',
};

/** The namespace that the samples' key opens. */
async function home() {
  const answer = await perform({ method: 'GET', path: '/_emulator/clock', key: true });
  return answer ? answer.data.namespace : null;
}

async function sampleStart() {
  // at once: who chooses another one before the answer is there wants to see that
  state.follow = true;
  await ownNamespace();
  await perform(startCall({ id: newCall(), ...SAMPLE }), 'siprec_start sent');
}

/** Samples come into the namespace of their key: what is shown must not be another one. */
async function ownNamespace() {
  const mine = await home();
  if (mine && state.namespace !== null && mine !== state.namespace) chooseNamespace(mine);
}

function sampleForm() {
  ask({
    title: 'Send a siprec_start',
    doing: 'Send',
    intro: 'As an app would, with the API key of this page.',
    fields: [
      { name: 'id', label: 'Call', value: newCall() },
      { name: 'connector_name', label: 'Connector', value: SAMPLE.connector_name },
      {
        name: 'siprec_track',
        label: 'Track',
        kind: 'choice',
        value: 'both_tracks',
        options: [
          ['both_tracks', 'both'],
          ['inbound_track', 'inbound'],
          ['outbound_track', 'outbound'],
          ['', 'left out'],
        ],
      },
      { name: 'client_state', label: 'client_state', value: SAMPLE.client_state },
      {
        name: 'scenario',
        label: 'Scenario',
        kind: 'choice',
        value: '',
        options: scenarioOptions('recording', [['', 'as the rules choose']]),
      },
      {
        name: 'more',
        label: 'More of the body, as JSON',
        kind: 'area',
        rows: 3,
        value: '',
        hint: 'Laid over the fields above: {"session_timeout_secs": 5} is refused, and shows why.',
      },
    ],
    call: startCall,
    done: async () => {
      state.follow = true;
      await ownNamespace();
      toast('siprec_start sent');
    },
  });
}

function sampleStop() {
  const id = call();
  if (!id) return toast('Choose a recording or a call first.', 'bad');
  return perform(telnyx('POST', `/calls/${segment(id)}/actions/siprec_stop`, {}), 'siprec_stop sent');
}

// --- by hand ---

function arrive() {
  ask({
    title: 'Let a call come in',
    doing: 'Call',
    fields: [
      { name: 'from', label: 'From', value: '+13125550101' },
      { name: 'to', label: 'To', value: '+13125550199' },
      { name: 'connection_id', label: 'Connection', value: '', placeholder: 'the namespace’s own' },
      {
        name: 'scenario',
        label: 'The far end plays',
        kind: 'choice',
        value: '',
        options: scenarioOptions('inbound', [['', 'as the rules choose']]),
      },
    ],
    call: (values) => control('POST', '/calls', { body: given(values) }),
    done: (answer) => {
      state.kind = 'calls';
      touch('kind');
      toast(`A call comes in: ${shortened(answer.data.call_control_id)}`);
    },
  });
}

function hangUp() {
  const id = call();
  if (!id) return toast('Choose a call first.', 'bad');
  return perform(control('POST', `/calls/${segment(id)}/hangup`, { body: {} }), 'The far end hangs up');
}

function inject() {
  const one = session();
  if (!one) return toast('Choose a recording first.', 'bad');
  return ask({
    title: 'Let an event occur',
    doing: 'Let it occur',
    intro: `Now, in ${one.id}, whatever its scenario says.`,
    fields: [
      {
        name: 'event_type',
        label: 'Event',
        kind: 'choice',
        value: EVENTS[2],
        options: EVENTS.map((name) => [name, name]),
      },
      {
        name: 'cause',
        label: 'Cause',
        value: 'no_answer',
        hint: 'failure_cause or hangup_cause; a start has none.',
      },
      { name: 'set', label: 'More of the payload, as JSON', kind: 'area', rows: 3, value: '' },
      { name: 'copies', label: 'Copies', kind: 'number', min: '0', max: '100', value: '1' },
      { name: 'sign', label: 'Signed', kind: 'choice', value: '', options: SIGNED },
    ],
    call: ({ event_type, cause, set, copies, sign }) => {
      const field = CAUSE[event_type];
      const payload = { ...(field && cause ? { [field]: cause } : {}), ...parsedObject(set, 'The payload') };
      const body = {
        event_type,
        ...(Object.keys(payload).length ? { set: payload } : {}),
        ...manner(copies, sign),
      };
      return control('POST', `/sessions/${segment(one.id)}/events`, { body });
    },
    done: (_, { event_type }) => toast(`${event_type} occurred`),
  });
}

function manner(copies, sign) {
  return {
    ...(copies === '1' ? {} : { deliver: { copies: Number(copies) } }),
    ...(sign ? { sign: { mode: sign } } : {}),
  };
}

const replay = (chosen) => {
  const id = chosen?.id ?? webhook()?.seq;
  if (id === undefined) return toast('Choose a webhook first.', 'bad');
  return perform(control('POST', `/webhooks/${id}/replay`, { body: {} }), 'Sent once more');
};

function replayEdited(chosen) {
  const entry = chosen?.entry ?? webhook();
  if (!entry) return toast('Choose a webhook first.', 'bad');
  return ask({
    title: `Replay ${entry.event_type}, edited`,
    doing: 'Send',
    wide: true,
    intro:
      'Fields that differ are laid over the payload, fields that are missing are left out; it is signed anew.',
    fields: [
      { name: 'payload', label: 'Payload', kind: 'area', rows: 12, value: JSON.stringify(entry.payload, null, 2) },
      { name: 'new_id', label: 'With an event id of its own', kind: 'check', value: false },
      { name: 'copies', label: 'Copies', kind: 'number', min: '0', max: '100', value: '1' },
      { name: 'sign', label: 'Signed', kind: 'choice', value: '', options: SIGNED },
    ],
    call: ({ payload, new_id, copies, sign }) => {
      const edited = parsedObject(payload, 'The payload');
      const differs = Object.entries(edited).filter(
        ([name, value]) => JSON.stringify(value) !== JSON.stringify(entry.payload[name]),
      );
      const gone = Object.keys(entry.payload).filter((name) => !(name in edited));
      const body = {
        ...(differs.length ? { set: Object.fromEntries(differs) } : {}),
        ...(gone.length ? { remove: gone } : {}),
        ...(new_id ? { new_id } : {}),
        ...manner(copies, sign),
      };
      return control('POST', `/webhooks/${entry.seq}/replay`, { body });
    },
    done: () => toast('Sent once more, edited'),
  });
}

function queue() {
  ask({
    title: 'Which scenario plays next',
    doing: 'Queue it',
    intro: state.queue.length
      ? `Waiting: ${state.queue.map((one) => `${one.scenario} ×${one.left}`).join(', ')}.`
      : 'For the next siprec_start, whatever it says.',
    fields: [
      {
        name: 'scenario',
        label: 'Scenario',
        kind: 'choice',
        value: 'srs-busy',
        options: state.scenarios
          .filter((one) => one.plays === 'recording')
          .map((one) => [one.name, `${one.name} — ${one.description}`]),
      },
      { name: 'times', label: 'Starts that it plays', kind: 'number', min: '1', max: '1000', value: '1' },
    ],
    call: ({ scenario, times }) =>
      control('POST', '/queue', { body: { scenario, ...(times === '1' ? {} : { times: Number(times) }) } }),
    done: (answer) => toast(`${answer.data.scenario} plays next`),
  });
}

const clearQueue = () => perform(control('DELETE', '/queue'), 'The queue is empty');

function reset() {
  ask({
    title: 'Reset',
    doing: state.namespace ? 'Forget this namespace' : 'Forget everything',
    intro: state.namespace
      ? `Sessions, calls, the journal and the settings of namespace ${state.namespace} are forgotten.`
      : 'Every namespace is forgotten, with its settings and scenarios of its own.',
    fields: [],
    call: () => control('POST', '/reset'),
    done: () => toast('Forgotten'),
  });
}

// --- the page ---

let chooseNamespace = () => {};

/** Say how the page comes to show another namespace. */
export function onNamespace(choose) {
  chooseNamespace = choose;
}

/** Ask for the API key of samples, and the token where one is set. */
export function askKeys(locked = false) {
  settle({
    title: locked ? 'This emulator has an admin token' : 'Keys',
    doing: 'Use',
    intro: 'Kept for this tab alone.',
    fields: [
      {
        name: 'token',
        label: 'Admin token',
        kind: 'secret',
        value: state.token,
        hint: `${locked && state.token ? 'That was not it. ' : ''}It is what --admin-token was set to.`,
      },
      {
        name: 'key',
        label: 'API key of samples',
        kind: 'secret',
        value: state.key,
        hint: 'Any text, unless --api-key lists those that are taken. It opens a namespace.',
      },
    ],
    done: ({ key, token }) => {
      Object.assign(state, { key, token });
      save();
      location.reload();
    },
  });
}

/** Every action: { words, key, run(argument), group, needs: 'namespace' }. */
export const ACTIONS = {
  sample: { words: 'Send a sample', key: 's', run: sampleStart, group: 'Do' },
  start: { words: 'Send a siprec_start…', key: 'S', run: sampleForm, group: 'Do' },
  stop: { words: 'Stop the recording', key: 'x', run: sampleStop, group: 'Do' },
  call: { words: 'Let a call come in…', key: 'b', run: arrive, group: 'Do', needs: 'namespace' },
  hangup: { words: 'Far end hangs up', key: 'h', run: hangUp, group: 'Do' },
  queue: { words: 'Next scenario…', key: 'q', run: queue, group: 'Do', needs: 'namespace' },
  unqueue: { words: 'Empty the queue', key: 'Q', run: clearQueue, group: 'Do', needs: 'namespace' },
  inject: { words: 'Let an event occur…', key: 'i', run: inject, group: 'Do' },
  replay: { words: 'Replay the webhook', key: 'r', run: replay, group: 'Do' },
  edit: { words: 'Replay it edited…', key: 'e', run: replayEdited, group: 'Do' },
  faults: { words: 'Faults…', key: 'f', run: () => showFaults(), group: 'Do', needs: 'namespace' },
  reset: { words: 'Reset…', key: 'D', run: reset, group: 'Do' },
  calls: { words: 'Calls of this page, as curl', key: 'c', run: showCalls, group: 'Page' },
  keys: { words: 'API key and token…', key: 'K', run: () => askKeys(), group: 'Page' },
  help: { words: 'Help', key: '?', run: () => showHelp(), group: 'Page' },
};

/** Run an action; where it needs a namespace and all are shown, say so. */
export function run(name, argument) {
  const action = ACTIONS[name];
  if (action.needs === 'namespace' && state.namespace === null) {
    toast('Choose a namespace first: this concerns one alone.', 'bad');
    document.getElementById('namespace').focus();
    return undefined;
  }
  return action.run(argument);
}

/** A button that runs an action; `look` is its class. */
export function act(name, words, argument, look = 'small') {
  const { key } = ACTIONS[name];
  return button(
    [words ?? ACTIONS[name].words, h('kbd', { 'aria-hidden': 'true' }, key)],
    () => run(name, argument),
    { 'data-action': name, 'aria-keyshortcuts': key, class: look },
  );
}
