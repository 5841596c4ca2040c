// Calls of the control API and of Telnyx's routes. Owns how a call is carried out and remembered; each is a value
// { method, path, query, body, text, accept, headers, key, reads } that curl.js can write out, and so nothing that the
// page does is hidden.

import { state, touch } from './store.js';

const REMEMBERED = 200;
const PREFIX = '/_emulator';

/** What went wrong: the status, 0 where nobody answered, and the words of the error document. */
export class Refused extends Error {
  constructor(status, detail, pointer, document) {
    super(detail);
    this.status = status;
    this.pointer = pointer;
    this.document = document;
  }
}

/** Let be that a call failed, where it is made again or the broken connection tells it already; for `catch`. */
export function letBe(error) {
  if (!(error instanceof Refused)) throw error;
}

/** A call of the control API, for the namespace that is chosen. */
export function control(method, path, options = {}) {
  const { namespace = state.namespace, query = {}, ...rest } = options;
  return { method, path: PREFIX + path, query: { ...query, ...(namespace ? { namespace } : {}) }, ...rest };
}

/** A call of a Telnyx route, with the API key of the samples. */
export function telnyx(method, path, body, headers = {}) {
  return { method, path: `/v2${path}`, query: {}, body, headers, key: true };
}

/** Whether it is a call of the control API, which the admin token guards. */
export const isControl = (call) => call.path.startsWith(PREFIX);

export const segment = (text) => encodeURIComponent(text);

/** The path and query of a call. */
export function target(call) {
  const query = new URLSearchParams(call.query ?? {}).toString();
  return query ? `${call.path}?${query}` : call.path;
}

/** The headers that a call is sent with. */
export function headersOf(call) {
  const headers = { ...call.headers };
  if (call.accept) headers.Accept = call.accept;
  if (call.body !== undefined) headers['Content-Type'] = 'application/json';
  if (call.text !== undefined) headers['Content-Type'] = 'application/yaml';
  if (call.key) headers.Authorization = `Bearer ${state.key}`;
  if (state.token && isControl(call)) headers['X-Emulator-Admin-Token'] = state.token;
  return headers;
}

/** Carry a call out; the answer's JSON, its text where it is none, null without a body. Raises `Refused`. */
export async function send(call, signal) {
  const response = await answered(call, signal);
  const text = await response.text();
  remember(call, response.status);
  const document = parsed(text);
  if (response.ok) return document;
  const [first] = document?.errors ?? [];
  const problem = document?.problems?.[0]?.text;
  const words = [first?.detail ?? problem ?? `The answer was ${response.status}.`];
  if (response.status === 401 && !isControl(call)) words.push('K sets the API key of samples.');
  if (response.status === 401 && isControl(call)) unlock();
  throw new Refused(response.status, words.join(' '), first?.source?.pointer ?? '', document);
}

async function answered(call, signal) {
  const body = call.text ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
  try {
    return await fetch(target(call), {
      method: call.method,
      headers: headersOf(call),
      body,
      signal,
      cache: 'no-store',
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refused(0, 'Nobody answers: the emulator is not reached.', '', null);
  }
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return text;
  }
}

function remember(call, status) {
  state.made.push({ call, status, at: Date.now() });
  if (state.made.length > REMEMBERED) state.made.splice(0, state.made.length - REMEMBERED);
  touch('made');
}

let unlock = () => {};

/** Say what asks for the admin token where one is missing. */
export function onLocked(ask) {
  unlock = ask;
}
