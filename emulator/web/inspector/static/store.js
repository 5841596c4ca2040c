// What the page knows. Owns the state and who is told of its changes: once per frame, however many there were.

const SAVED = 'siprec-emulator';

/** The key of samples until somebody sets another one, which may be a secret. */
export const USUAL_KEY = 'KEYDEMO';

/** Everything; parts of the page change it and say so with `touch`. */
export const state = {
  info: null,
  namespaces: [],
  namespace: null, // an id; null shows all
  settled: false, // somebody has chosen it
  key: USUAL_KEY, // of the samples
  token: '',
  view: 'live',
  kind: 'sessions', // of the list
  search: '',
  only: '',
  chosen: null, // { kind, id } of the list
  follow: true, // choose what is newest
  item: null, // of the story
  story: null,
  clock: null,
  queue: [],
  faults: { requests: [], webhooks: [] },
  scenarios: [],
  link: { state: 'connecting', since: 0 },
  made: [], // calls of this page, the latest last
  drawing: 0, // milliseconds that the story took to draw
};

const listeners = new Map();
const dirty = new Set();
let frame = 0;

/** Be told once per frame in which any of these topics was touched; what it gives ends that. */
export function on(topics, listener) {
  const names = topics.split(' ');
  for (const topic of names) {
    if (!listeners.has(topic)) listeners.set(topic, new Set());
    listeners.get(topic).add(listener);
  }
  return () => names.forEach((topic) => listeners.get(topic).delete(listener));
}

/** Say that a topic has changed. */
export function touch(...topics) {
  for (const topic of topics) dirty.add(topic);
  if (!frame) frame = requestAnimationFrame(flush);
}

function flush() {
  frame = 0;
  const told = new Set();
  for (const topic of dirty) for (const listener of listeners.get(topic) ?? []) told.add(listener);
  dirty.clear();
  for (const listener of told) listener();
}

/** Keep what a reload should not lose: for this tab alone, since the token is a secret. */
export function save() {
  const { key, token, namespace, settled } = state;
  sessionStorage.setItem(SAVED, JSON.stringify({ key, token, namespace, settled }));
}

/** Take up what was kept. */
export function restore() {
  try {
    Object.assign(state, JSON.parse(sessionStorage.getItem(SAVED) ?? '{}'));
  } catch {
    sessionStorage.removeItem(SAVED);
  }
}

/** A function that runs soon, and again only after a pause, however often it is called; `pause` may be worked out. */
export function paced(pause, work) {
  const rest = typeof pause === 'function' ? pause : () => pause;
  let timer = 0;
  let last = -Infinity;
  let running = false;
  let again = false;
  const run = async () => {
    timer = 0;
    running = true;
    last = performance.now();
    try {
      await work();
    } finally {
      running = false;
      if (again) {
        again = false;
        call();
      }
    }
  };
  const call = () => {
    if (running) again = true;
    else if (!timer) timer = setTimeout(run, Math.max(30, last + rest() - performance.now()));
  };
  return call;
}
