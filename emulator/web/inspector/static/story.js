// The story that is looked at: fetched when something is chosen and whenever something happens to it. Owns its items:
// everything that stands on the time axis, each with an id, an instant and words.

import { control, letBe, segment, send } from './api.js';
import { micros, since, span } from './format.js';
import { ofAttempt, OF_STATE, ofStatus } from './marks.js';
import { routeName } from './rows.js';
import { paced, state, touch } from './store.js';

const MISSING = 404;

/** Milliseconds after which a story that could not be fetched is asked for again. */
const AGAIN = 2000;

const PATHS = {
  sessions: (id) => `/sessions/${segment(id)}/story`,
  calls: (id) => `/calls/${segment(id)}/story`,
  requests: (id) => `/requests/${segment(id)}`,
  webhooks: (id) => `/webhooks/${segment(id)}/story`,
};

/** Choose an entry of a list, or nothing. */
export function choose(chosen) {
  const same = chosen && state.chosen && chosen.kind === state.chosen.kind && chosen.id === state.chosen.id;
  state.chosen = chosen;
  if (!same) {
    state.item = null;
    state.story = null;
  }
  touch('chosen', 'story');
  if (chosen) read();
}

/** Choose an item of the story. */
export function choosing(id) {
  state.item = id;
  touch('item');
}

const read = paced(120, fetchStory);
// a story that takes long to draw is drawn less often, so that the page stays quick
const again = paced(() => 400 + 5 * state.drawing, fetchStory);

async function fetchStory() {
  const { chosen } = state;
  if (!chosen) return;
  let told;
  try {
    told = (await send(control('GET', PATHS[chosen.kind](chosen.id)))).data;
  } catch (error) {
    letBe(error);
    if (error.status !== MISSING) {
      setTimeout(() => state.chosen === chosen && again(), AGAIN);
      return;
    }
    told = { gone: error.message };
  }
  if (state.chosen !== chosen) return;
  const text = JSON.stringify(told);
  if (state.story?.text === text) return;
  state.story = { ...chosen, ...asStory(chosen.kind, told), text };
  if (state.item !== null && !state.story.items.some((item) => item.id === state.item)) state.item = null;
  if (state.item === null) state.item = state.story.first;
  touch('story');
}

/** Fetch it again if this event concerns it. */
export function concerned(event) {
  const { chosen, story } = state;
  if (!chosen || event.kind === 'received') return;
  const { data } = event;
  const mine =
    chosen.kind === 'sessions'
      ? data.session_id === chosen.id
      : chosen.kind === 'calls'
        ? data.call_control_id === chosen.id || storyHolds(story, data)
        : chosen.kind === 'webhooks'
          ? data.seq === chosen.id || data.webhook_id === story?.webhooks?.[0]?.id
          : false;
  if (mine) again();
}

const storyHolds = (story, data) => Boolean(story?.sessions?.some((one) => one.id === data.session_id));

/** Fetch it again. */
export const reread = () => again();

function asStory(kind, told) {
  if (told.gone) return { gone: told.gone, items: [], first: null };
  if (kind === 'requests') return single(requestItem(told), { requests: [told], webhooks: [] });
  const items = [...commands(told), ...states(told), ...webhooks(told)];
  items.sort((one, other) => one.at - other.at);
  const due = told.next_at === null ? null : micros(told.next_at);
  return {
    ...told,
    items,
    due,
    start: items[0]?.at ?? 0,
    first: firstOf(kind, items),
  };
}

/** What is looked at until somebody chooses: of a webhook its last attempt, else the command that began it all. */
function firstOf(kind, items) {
  const first = kind === 'webhooks' ? items.at(-1) : (items.find((item) => item.kind === 'request') ?? items[0]);
  return first?.id ?? null;
}

function single(item, told) {
  return { ...told, items: [item], start: item.at, first: item.id };
}

// --- items ---

function requestItem(entry) {
  const fault = entry.answer?.fault;
  return {
    id: `request-${entry.id}`,
    lane: 'commands',
    kind: 'request',
    at: micros(entry.at),
    entry,
    until: micros(entry.at) + Math.round((entry.answer?.delay_ms ?? 0) * 1000),
    outcome: ofStatus(entry.status, fault),
    title: routeName(entry),
    note: fault ?? String(entry.status),
  };
}

const commands = (told) => told.requests.map(requestItem);

function states(told) {
  const lines = [
    ...told.call_transitions.map((one) => ({
      ...one,
      to: one.to_state,
      from: one.from_state,
      cause: one.hangup_cause,
      row: 'call',
    })),
    ...told.transitions.map((one) => ({ ...one, row: one.session_id })),
    ...told.srs.map((one) => ({
      ...one,
      to: one.stage,
      from: null,
      cause: one.cause ?? one.reason,
      row: `srs ${one.session_id}`,
    })),
  ];
  return lines.map((entry) => ({
    id: `state-${entry.id}`,
    lane: 'states',
    kind: 'state',
    at: micros(entry.at),
    entry,
    row: entry.row,
    outcome: OF_STATE[entry.to] ?? 'none',
    title: entry.to,
    note: entry.cause ?? '',
  }));
}

function webhooks(told) {
  return told.webhooks.flatMap((entry) => {
    const row = `webhook-${entry.seq}`;
    const occurred = {
      id: row,
      lane: 'webhooks',
      kind: 'event',
      at: micros(entry.occurred_at),
      entry,
      row,
      outcome: 'event',
      title: entry.event_type,
      note: 'occurs',
    };
    const tries = entry.attempts.map((attempt, index) => {
      const made = entry.tries[index];
      return {
        id: `${row}-${attempt.number}`,
        lane: 'webhooks',
        kind: 'attempt',
        at: micros(made.made_at),
        entry,
        attempt,
        row,
        verdict: made.verdict,
        outcome: ofAttempt(attempt),
        title: entry.event_type,
        note:
          attempt.response && attempt.simulate === 'none' ? String(attempt.response.status) : outcomeWord(attempt),
      };
    });
    return [occurred, ...tries];
  });
}

function outcomeWord(attempt) {
  if (attempt.outcome === 'pending') return 'under way';
  if (attempt.outcome === 'abandoned') return 'abandoned';
  if (attempt.simulate !== 'none' && attempt.outcome === 'failed') return attempt.simulate.replaceAll('_', ' ');
  if (attempt.response) return String(attempt.response.status);
  return 'no answer';
}

/** The words of an item, for a screen reader and a tooltip; what is seen of it stands in them. */
export function wordsOf(item, start) {
  const when = since(item.at - start);
  if (item.kind === 'request') {
    const wait = item.until > item.at ? ` after ${span(item.until - item.at)}` : '';
    return `${item.title} ${item.note}${wait}, at ${when}`;
  }
  if (item.kind === 'state')
    return `${stateWords(item)}, ${item.entry.from ? `from ${item.entry.from}` : 'the beginning'}, at ${when}`;
  if (item.kind === 'event') return `${item.title} occurs at ${when}, delivery ${item.entry.state}`;
  const simulated = item.attempt.simulate !== 'none' ? ', simulated' : '';
  return `${item.title}, attempt ${item.attempt.number}, ${item.attempt.outcome}, ${tryWords(item)}${simulated}, at ${when}`;
}

/** What stands in the bar of a state. */
export function stateWords(item) {
  const words = item.note && item.note !== item.title ? `${item.title} · ${item.note}` : item.title;
  return words.replaceAll('_', ' ');
}

/** What stands beside an attempt. */
export function tryWords(item) {
  return item.attempt.url === item.entry.attempts[0].url ? item.note : `${item.note} failover`;
}

/** What is special about a webhook: a copy, a replay, late, elsewhere. */
export function flagsOf(entry, all) {
  const flags = [];
  if (entry.repeats !== null) {
    const first = all.find((one) => one.seq === entry.repeats);
    flags.push(first && first.id === entry.id ? 'same id again' : 'sent again');
  }
  const late = entry.tries[0] ? micros(entry.tries[0].made_at) - micros(entry.occurred_at) : 0;
  if (late >= 1000) flags.push(`${span(late)} ${entry.repeats === null ? 'late' : 'later'}`);
  if (new Set(entry.attempts.map((one) => one.url)).size > 1) flags.push('failover');
  if (entry.signing.mode !== 'good') flags.push(entry.signing.mode === 'none' ? 'unsigned' : 'wrong key');
  if (entry.signing.skew_ms) flags.push('skewed stamp');
  if (['failed', 'withheld', 'unaddressed', 'abandoned'].includes(entry.state)) flags.push(entry.state);
  return flags;
}
