// The page. Owns how it begins and how its parts come together: what the stream tells goes to the lists, the story and
// the clock, and what is chosen is read.

import { act, askKeys, onNamespace, run, ACTIONS } from './actions.js';
import { announce } from './announce.js';
import { control, headersOf, letBe, onLocked, send, target } from './api.js';
import { byId, fill, h, say } from './dom.js';
import { makeEditor, openScenario, readScenarios } from './editor.js';
import { listen } from './keys.js';
import { KINDS, list, makeLists, showKind } from './lists.js';
import { on, paced, restore, save, state, touch } from './store.js';
import { choose, concerned, reread } from './story.js';
import { makeStory } from './storyview.js';
import { Stream } from './stream.js';
import { askClock, drawClock, steer } from './time.js';
import { forgetAll, take, windows } from './windows.js';

const AROUND = 2000;

/** A browser opens six connections to a server, over all its tabs: those that nobody looks at leave theirs. */
const UNSEEN = 2000;

let stream = null;
let locked = false;
let fresh = false; // a subscription that has not begun yet

// --- what is read ---

const readSettings = paced(500, async () => {
  if (state.namespace === null) {
    Object.assign(state, { queue: [], faults: { requests: [], webhooks: [] } });
  } else {
    const both = [send(control('GET', '/queue')), send(control('GET', '/faults'))];
    const found = await Promise.all(both).catch(letBe);
    if (!found) return;
    const [queue, faults] = found;
    Object.assign(state, { queue: queue.data, faults: faults.data });
  }
  touch('queue', 'faults');
});

const readNamespaces = paced(1000, async () => {
  const found = await send(control('GET', '/namespaces', { namespace: null })).catch(letBe);
  if (!found) return;
  state.namespaces = found.data;
  touch('namespaces');
});

/** Read everything that is shown: at the beginning, after a reset, and after events were missed. */
function readAll() {
  forgetAll();
  windows.sessions.read().then(follow);
  if (state.kind !== 'sessions') windows[state.kind].read();
  if (state.chosen) stillThere(state.chosen);
  readScenarios();
  readSettings();
  readNamespaces();
  askClock();
}

/** Read the story again, unless what it tells of is known to be gone. */
async function stillThere(chosen) {
  const window_ = windows[chosen.kind];
  if (!window_.loaded) await window_.read();
  if (state.chosen !== chosen) return;
  if (window_.loaded && window_.older === null && !window_.index.has(chosen.id)) choose(null);
  else reread();
}

// --- what is told ---

function told(event) {
  if (event.kind === 'missed') return readAll();
  if (event.kind === 'change') return changed(event.data);
  take(event);
  concerned(event);
  askClock();
  if (event.kind === 'request' && (state.queue.length || state.faults.requests.length)) readSettings();
  if (event.kind === 'webhook' && state.faults.webhooks.length) readSettings();
  if (!state.namespaces.some((one) => one.id === event.data.namespace)) readNamespaces();
  if (event.kind === 'transition') {
    announce(`Recording ${event.data.to}${event.data.cause ? `, ${event.data.cause.replaceAll('_', ' ')}` : ''}`);
    if (event.data.from === null) follow();
  }
  return undefined;
}

function changed({ what }) {
  if (what === 'reset' || what === 'journal') {
    choose(null);
    readAll();
  } else if (what === 'clock') askClock();
  else if (what === 'scenarios') readScenarios();
  else if (what === 'queue' || what === 'faults') readSettings();
  else if (what === 'namespaces') {
    readNamespaces();
    askClock();
  }
}

/** Choose the newest recording, as long as nobody has chosen another. */
function follow() {
  if (!state.follow || state.kind !== 'sessions') return;
  const newest = windows.sessions.items[windows.sessions.items.length - 1];
  if (newest && state.chosen?.id !== newest.id) choose({ kind: 'sessions', id: newest.id });
}

// --- the connection ---

function subscribe() {
  stream?.close();
  fresh = true;
  stream = new Stream(
    () => {
      const call = control('GET', '/events');
      return { url: target(call), headers: headersOf(call) };
    },
    told,
    linked,
  );
}

function linked(now, status) {
  if (now === 'refused' && status === 401) return askOnce();
  if (fresh && now !== 'lost') {
    // not before: what happened between the reading and the subscription would be missed
    fresh = false;
    readAll();
  }
  const before = state.link.state;
  state.link = { state: now, since: before === now ? state.link.since : Date.now(), status };
  if (now === 'open' && before === 'lost') announce('Connected again');
  if (now === 'lost' && before === 'open') announce('The connection is lost');
  touch('link');
  return undefined;
}

function askOnce() {
  if (locked) return;
  locked = true;
  stream?.close();
  askKeys(true);
}

function drawLink() {
  const { state: now, since, status } = state.link;
  const link = byId('link');
  link.dataset.state = now;
  const words = {
    open: 'Connected',
    lost: 'Lost, trying again',
    refused: `Refused (${status})`,
    connecting: 'Connecting',
  }[now];
  say(link.querySelector('.words'), words);
  link.title = now === 'open' ? '' : `Since ${new Date(since).toLocaleTimeString()}`;
}

// --- namespaces ---

/** Somebody wants to see this namespace. */
function chooseNamespace(id) {
  state.settled = true;
  show(id);
}

function show(id) {
  Object.assign(state, { namespace: id, follow: true });
  save();
  choose(null);
  touch('namespace', 'namespaces');
  subscribe();
}

function drawNamespaces() {
  const known = state.namespaces.map((one) => [one.id, `${one.id} (${one.sessions})`]);
  const missing =
    state.namespace !== null && !known.some(([id]) => id === state.namespace)
      ? [[state.namespace, state.namespace]]
      : [];
  fill(
    byId('namespace'),
    [['', 'All'], ...known, ...missing].map(([value, words]) => h('option', { value }, words)),
  );
  byId('namespace').value = state.namespace ?? '';
}

const inUse = (all) => all.filter((one) => one.sessions + one.calls + one.journal.requests > 0);

/** Until somebody chooses: where something happens, if the one that is shown is not used. */
async function lookAround() {
  if (state.settled || state.namespace === null || document.hidden || state.link.state !== 'open') return;
  readNamespaces();
  const used = inUse(state.namespaces);
  if (!used.length || used.some((one) => one.id === state.namespace)) return;
  show(used.length === 1 ? used[0].id : null);
}

/** The one that is used, if there is one alone; else that of the samples' key while there is none. */
async function firstNamespace() {
  if (state.settled) return state.namespace;
  const used = inUse(state.namespaces);
  if (used.length) return used.length === 1 ? used[0].id : null;
  const answer = await send({ method: 'GET', path: '/_emulator/clock', key: true }).catch(letBe);
  return answer?.data.namespace ?? null;
}

// --- views ---

/** The parts of the place that the address names; none of one that nobody can have meant. */
function placeNamed() {
  try {
    return location.hash.slice(1).split('/').map(decodeURIComponent);
  } catch {
    return [];
  }
}

function showView() {
  const [view, ...rest] = placeNamed();
  state.view = view === 'scenarios' ? 'scenarios' : 'live';
  byId('live').hidden = state.view !== 'live';
  byId('scenarios').hidden = state.view !== 'scenarios';
  for (const link of document.querySelectorAll('.views a')) {
    if (link.dataset.view === state.view) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  touch('view');
  document.title = state.view === 'live' ? 'SIPREC emulator' : 'Scenarios · SIPREC emulator';
  if (state.view === 'scenarios' && rest.length) openScenario(...rest);
  if (state.view === 'live' && rest.length === 2 && rest[0] in windows) {
    showKind(rest[0]);
    state.follow = false;
    choose({ kind: rest[0], id: rest[1] });
    openStory();
  }
}

const openStory = () => {
  byId('live').dataset.open = 'story';
};

const openList = () => {
  byId('live').dataset.open = 'list';
};

function back() {
  openList();
  // an empty list is not there to take the focus
  (list().element.isConnected ? list().element : byId('panel')).focus();
}

function search() {
  openList();
  byId('search').focus();
}

/** Show a list; where the story stood in its place, the focus goes along. */
function openKind(kind) {
  const story = byId('story');
  const seen = story.checkVisibility();
  openList();
  showKind(kind);
  if (seen && !story.checkVisibility()) byId(`tab-${kind}`).focus();
}

function leave(event) {
  const search = byId('search');
  if (event.target === search && search.value) {
    search.value = '';
    state.search = '';
    touch('search');
  } else if (state.view === 'scenarios') {
    if (event.target.id !== 'yaml') location.hash = 'live';
  } else {
    back();
  }
}

function drawActions() {
  const shown = ['sample', 'start', 'call', 'queue', 'faults', 'reset'];
  fill(
    byId('actions'),
    shown.map((name) => act(name)),
  );
  const counts = () => {
    const waiting = state.queue.reduce((sum, one) => sum + one.left, 0);
    const onNow = state.faults.requests.length + state.faults.webhooks.length;
    badge('queue', waiting, waiting ? `${state.queue[0].scenario}${waiting > 1 ? ` +${waiting - 1}` : ''}` : '');
    badge('faults', onNow, String(onNow));
  };
  on('queue faults', counts);
}

function badge(name, any, words) {
  const found = byId('actions').querySelector(`[data-action="${name}"]`);
  found.querySelector('.badge')?.remove();
  found.classList.toggle('on', Boolean(any));
  if (any) found.append(h('span', { class: 'badge' }, words));
}

// --- the beginning ---

/** Ask what the page has to know first, until that is answered; false where a token is missing. */
async function introduced() {
  for (;;) {
    try {
      const [info, namespaces] = await Promise.all([
        send(control('GET', '/info', { namespace: null })),
        send(control('GET', '/namespaces', { namespace: null })),
      ]);
      Object.assign(state, { info, namespaces: namespaces.data });
      return true;
    } catch (error) {
      letBe(error);
      if (error.status === 401) return false;
      linked(error.status ? 'refused' : 'lost', error.status);
    }
    await new Promise((resolve) => setTimeout(resolve, AROUND));
  }
}

async function begin() {
  restore();
  onLocked(askOnce);
  onNamespace(chooseNamespace);
  drawClock(byId('clock'));
  drawActions();
  makeLists((kind, entry, pressed) => {
    if (pressed) openStory();
    if (kind !== 'sessions') return;
    state.follow = entry === windows.sessions.items[windows.sessions.items.length - 1];
  });
  makeEditor();
  makeStory(back);
  on('namespaces namespace', drawNamespaces);
  on('link', drawLink);
  byId('namespace').addEventListener('focus', readNamespaces);
  setInterval(lookAround, AROUND);
  byId('namespace').addEventListener('change', (event) => chooseNamespace(event.target.value || null));
  for (const found of document.querySelectorAll('.top [data-action]')) {
    found.addEventListener('click', () => run(found.dataset.action));
    found.setAttribute('aria-keyshortcuts', ACTIONS[found.dataset.action].key);
  }
  addEventListener('hashchange', showView);
  addEventListener('online', () => stream?.hurry());
  let unseen = 0;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(unseen);
    if (document.hidden) unseen = setTimeout(() => stream?.rest(), UNSEEN);
    else stream?.hurry();
  });
  listen({
    step: (count) => (state.view === 'live' ? list().step(count) : undefined),
    kind: (index) => openKind(KINDS[index][0]),
    search,
    enter: () => {
      openStory();
      (document.querySelector('#lanes [tabindex="0"]') ?? byId('story')).focus();
    },
    back: leave,
    time: steer,
    view: () => {
      location.hash = state.view === 'live' ? 'scenarios' : 'live';
    },
  });
  if (!(await introduced())) return;
  state.namespace = await firstNamespace();
  touch('namespaces', 'story', 'clock');
  showView();
  subscribe();
}

begin();
