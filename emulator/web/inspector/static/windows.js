// The lists: sessions, calls, requests and webhooks, as far as the page holds them. Owns their bounds, and how events
// change them. Details are fetched when somebody looks; a list holds what a row shows and a search finds.

import { control, letBe, send } from './api.js';
import { micros } from './format.js';
import { state, touch, paced } from './store.js';

const PAGE = 1000;

/** Entries that a list holds, whatever comes: the oldest leave. */
const MOST = { sessions: 10_000, calls: 10_000, requests: 5_000, webhooks: 5_000 };

/** How much is read at once when the page opens. */
const FIRST = { sessions: 10_000, calls: 2_000, requests: 1_000, webhooks: 1_000 };

const SLACK = 500;

/** After which a list that could not be read is asked for again. */
const AGAIN = 2000;

/** Entries that a list holds when somebody reads back, by scrolling or by a search that finds little. */
const FARTHEST = 30_000;

/** What events tell of an entry each time that it changes. */
const TOLD = ['state', 'cause', 'attempts'];

const TRIMMED = {
  sessions: (line) => ({
    id: line.id,
    namespace: line.namespace,
    call: line.call_control_id,
    state: line.state,
    cause: line.cause,
    scenario: line.scenario,
    connector: line.connector_name,
    api: line.api,
    at: line.created_at,
  }),
  calls: (line) => ({
    id: line.call_control_id,
    namespace: line.namespace,
    call: line.call_control_id,
    state: line.state,
    cause: line.hangup_cause,
    scenario: line.scenario,
    direction: line.direction,
    from: line.from,
    to: line.to,
    recording: line.recording,
    at: line.created_at ?? line.answered_at ?? line.ended_at,
  }),
  requests: (line) => ({
    id: line.id,
    namespace: line.namespace,
    call: line.call_control_id ?? '',
    route: line.route,
    method: line.method,
    target: line.target,
    status: line.status,
    scenario: line.scenario,
    rule: line.rule,
    at: line.at,
    session: line.session_id,
    trouble: line.reason ?? line.hint ?? '',
    violations: line.violations ?? 0,
    forwarded: line.forwarded_to ?? '',
  }),
  webhooks: (line) => ({
    id: line.seq,
    event: line.event_type,
    namespace: line.namespace,
    call: line.call_control_id,
    state: line.state,
    session: line.session_id,
    attempts: line.attempts,
    repeats: line.repeats,
    at: line.occurred_at,
  }),
};

/** One list, oldest entry first. */
class Window {
  constructor(kind) {
    this.kind = kind;
    this.forget();
  }

  forget() {
    this.items = [];
    this.index = new Map();
    this.older = null; // what to ask `before`, to read back; null where there is nothing older
    this.loaded = false;
    this.generation = (this.generation ?? 0) + 1;
    this.changed();
  }

  changed() {
    this.found = null;
    touch(`list:${this.kind}`);
  }

  /** Add the line of an event, or change the entry of its id. */
  put(line) {
    const entry = TRIMMED[this.kind](line);
    if (!this.change(entry.id, entry)) {
      this.add(entry);
      this.changed();
    }
  }

  /** Fill in what events do not tell. How things stand they tell better: a page may be older than they are. */
  complete(line) {
    const entry = TRIMMED[this.kind](line);
    for (const name of TOLD) delete entry[name];
    if (!this.change(entry.id, entry)) this.put(line);
  }

  add(entry) {
    entry.version = 0;
    entry.text = null;
    this.items.push(entry);
    this.index.set(entry.id, entry);
    if (this.items.length <= MOST[this.kind] + SLACK) return;
    for (const gone of this.items.splice(0, this.items.length - MOST[this.kind])) this.index.delete(gone.id);
    this.older = this.older ?? Infinity;
  }

  /** Change some fields of an entry; false where it is not held. */
  change(id, fields) {
    const known = this.index.get(id);
    if (!known) return false;
    Object.assign(known, fields, { version: known.version + 1, text: null });
    this.changed();
    return true;
  }

  /** Read the latest, and what is older as far as a list begins with. */
  async load() {
    const { generation } = this;
    let before = null;
    do {
      const query = { limit: PAGE, ...(before === null ? {} : { before }) };
      const page = await send(control('GET', `/${this.kind}`, { query }));
      if (generation !== this.generation) return;
      before = this.take(page, before === null);
    } while (before !== null && this.items.length < FIRST[this.kind]);
    this.older = before;
    this.loaded = true;
    this.changed();
  }

  /** Load, again and again until that is answered or the list is forgotten. */
  async read() {
    const { generation } = this;
    while (generation === this.generation && !this.loaded) {
      try {
        await this.load();
      } catch (error) {
        letBe(error);
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    }
  }

  /** Put a page before what is held; returns what to ask `before` next, null at the end. */
  take(page, latest) {
    const lines = page.data;
    const entries = [];
    for (const line of lines) {
      const entry = TRIMMED[this.kind](line);
      if (this.index.has(entry.id)) {
        if (latest) this.complete(line);
        continue;
      }
      Object.assign(entry, { version: 0, text: null });
      this.index.set(entry.id, entry);
      entries.push(entry);
    }
    // what came by events meanwhile is newer than every page
    this.items = latest ? [...entries, ...this.items] : entries.concat(this.items);
    this.changed();
    if (lines.length < PAGE) return null;
    const last = page.meta.next_after;
    return this.kind === 'requests' || this.kind === 'webhooks'
      ? TRIMMED[this.kind](lines[0]).id
      : last - lines.length + 1;
  }

  /** Read a page of what is older than all that is held. */
  async readBack() {
    if (this.older === null || this.reading || this.items.length >= FARTHEST) return;
    this.reading = true;
    try {
      const [oldest] = this.items;
      const numbered = this.kind === 'requests' || this.kind === 'webhooks';
      const before = numbered && oldest ? oldest.id : this.older;
      if (before === Infinity) return;
      this.older = this.take(
        await send(control('GET', `/${this.kind}`, { query: { limit: PAGE, before } })),
        false,
      );
    } finally {
      this.reading = false;
    }
  }

  /** Read the last few lines again: of what began since, events do not tell all. */
  async refresh(count) {
    const { generation } = this;
    const page = await send(control('GET', `/${this.kind}`, { query: { limit: Math.min(PAGE, count) } }));
    if (generation !== this.generation) return;
    for (const line of page.data) this.complete(line);
  }

  /** The entries that the search and the filter leave, oldest first. */
  shown() {
    if (this.found === null || this.asked !== state.search + state.only) {
      this.asked = state.search + state.only;
      const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
      const admits = FILTERS[this.kind][state.only]?.holds ?? (() => true);
      this.found =
        words.length || state.only
          ? this.items.filter((entry) => admits(entry) && words.every((word) => textOf(entry).includes(word)))
          : this.items;
    }
    return this.found;
  }
}

function textOf(entry) {
  entry.text ??= Object.entries(entry)
    .filter(([name, value]) => value && name !== 'text' && name !== 'version')
    .map(([name, value]) => `${name}:${value}`)
    .join(' ')
    .toLowerCase();
  return entry.text;
}

const ALIVE = new Set(['starting', 'started', 'ringing', 'answered']);
const alive = { label: 'Alive', holds: (entry) => ALIVE.has(entry.state) };

/** What a list may be narrowed to. */
export const FILTERS = {
  sessions: {
    alive,
    failed: { label: 'Failed', holds: (entry) => entry.state === 'failed' },
    over: { label: 'Over', holds: (entry) => !ALIVE.has(entry.state) },
  },
  calls: { alive, recorded: { label: 'Recorded', holds: (entry) => Boolean(entry.recording) } },
  requests: {
    refused: { label: 'Refused', holds: (entry) => entry.status >= 400 },
    invalid: { label: 'Invalid', holds: (entry) => entry.violations > 0 },
    unrouted: { label: 'No route', holds: (entry) => !entry.route },
  },
  webhooks: {
    failed: { label: 'Failed', holds: (entry) => entry.state === 'failed' || entry.state === 'abandoned' },
    pending: { label: 'Pending', holds: (entry) => entry.state === 'pending' },
    again: { label: 'Copies and replays', holds: (entry) => entry.repeats !== null },
  },
};

export const windows = Object.fromEntries(Object.keys(FILTERS).map((kind) => [kind, new Window(kind)]));

const begun = { sessions: 0, calls: 0 };

const refresh = {
  sessions: paced(700, () => renewed('sessions')),
  calls: paced(700, () => renewed('calls')),
};

async function renewed(kind) {
  const count = begun[kind];
  begun[kind] = 0;
  if (count) await windows[kind].refresh(count).catch(letBe);
}

/** Take an event of the stream into the lists. */
export function take(event) {
  const { kind, data } = event;
  if (kind === 'transition') transition(data);
  else if (kind === 'call') changed(data);
  else if (kind === 'request' && windows.requests.loaded) windows.requests.put(data);
  else if (kind === 'webhook' && windows.webhooks.loaded) windows.webhooks.put(data);
}

function transition(data) {
  const known = windows.sessions.change(data.session_id, { state: data.to, cause: data.cause });
  if (known) return;
  windows.sessions.add({
    id: data.session_id,
    namespace: data.namespace,
    call: data.call_control_id,
    state: data.to,
    cause: data.cause,
    scenario: data.scenario,
    connector: null,
    api: '',
    at: data.at,
  });
  windows.sessions.changed();
  begun.sessions += 1;
  refresh.sessions();
}

function changed(data) {
  const known = windows.calls.change(data.call_control_id, { state: data.to_state, cause: data.hangup_cause });
  if (known || !windows.calls.loaded) return;
  windows.calls.add({
    id: data.call_control_id,
    namespace: data.namespace,
    call: data.call_control_id,
    state: data.to_state,
    cause: data.hangup_cause,
    scenario: null,
    direction: data.direction,
    from: '',
    to: '',
    recording: null,
    at: data.at,
  });
  windows.calls.changed();
  begun.calls += 1;
  refresh.calls();
}

/** Forget every list; the one that is shown is read again. */
export function forgetAll() {
  for (const one of Object.values(windows)) one.forget();
}

export const instantOf = (entry) => (entry.at ? micros(entry.at) : 0);
