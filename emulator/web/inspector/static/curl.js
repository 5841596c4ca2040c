// Calls written out, to be repeated elsewhere: as curl lines and as calls of Telnyx's SDK for Python. Secrets stay out:
// the API key and the token stand as the variables that the SDKs and the command line read.

import { isControl, target } from './api.js';

/** A text in single quotes, as a POSIX shell reads it. */
function quoted(text) {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The curl line of a call of this page. */
export function curlOf(call, token = false) {
  const parts = ['curl'];
  const carries = call.body !== undefined || call.text !== undefined;
  if (call.method !== (carries ? 'POST' : 'GET')) parts.push('-X', call.method);
  parts.push(quoted(location.origin + target(call)));
  if (call.key) parts.push('-H "Authorization: Bearer $TELNYX_API_KEY"');
  if (token && isControl(call)) parts.push('-H "X-Emulator-Admin-Token: $SIPREC_EMULATOR_ADMIN_TOKEN"');
  if (call.accept) parts.push('-H', quoted(`Accept: ${call.accept}`));
  for (const [name, value] of Object.entries(call.headers ?? {})) parts.push('-H', quoted(`${name}: ${value}`));
  if (call.body !== undefined) parts.push('--json', quoted(JSON.stringify(call.body)));
  if (call.text !== undefined) parts.push('--data-binary', quoted(call.text));
  return parts.join(' ');
}

const LEFT_OUT = new Set([
  'host',
  'content-length',
  'accept-encoding',
  'connection',
  'authorization',
  'user-agent',
]);

/** The curl line of a request to a Telnyx route that the journal holds. */
export function curlOfRequest(entry) {
  const parts = ['curl'];
  const body = entry.request?.body ?? '';
  if (entry.method !== (body ? 'POST' : 'GET')) parts.push('-X', entry.method);
  parts.push(quoted(location.origin + entry.target), '-H "Authorization: Bearer $TELNYX_API_KEY"');
  for (const [name, value] of entry.request?.headers ?? []) {
    if (!LEFT_OUT.has(name.toLowerCase())) parts.push('-H', quoted(`${name}: ${value}`));
  }
  if (body) parts.push('--data-raw', quoted(body));
  return parts.join(' ');
}

/** The curl line of an attempt at a webhook, as it was sent to the app. */
export function curlOfAttempt(attempt) {
  const parts = ['curl'];
  const { method, headers, body } = attempt.request;
  if (method !== (body ? 'POST' : 'GET')) parts.push('-X', method);
  parts.push(quoted(attempt.url));
  for (const [name, value] of headers) {
    if (!LEFT_OUT.has(name.toLowerCase())) parts.push('-H', quoted(`${name}: ${value}`));
  }
  if (body) parts.push('--data-raw', quoted(body));
  return parts.join(' ');
}

// --- Telnyx's SDK for Python ---

const IN_PATH = {
  siprec_start: 'calls.actions.start_siprec',
  siprec_stop: 'calls.actions.stop_siprec',
  answer: 'calls.actions.answer',
  hangup: 'calls.actions.hangup',
  reject: 'calls.actions.reject',
  client_state_update: 'calls.actions.update_client_state',
  call_read: 'calls.retrieve_status',
  connector_read: 'siprec_connectors.retrieve',
  connector_delete: 'siprec_connectors.delete',
};

const IN_BODY = { dial: 'calls.dial', connector_create: 'siprec_connectors.create' };

const SPELLED = { from: 'from_' };

/** The SDK's call for a request that the journal holds; null where the SDK has none of its own. */
export function pythonOf(entry) {
  const method = IN_PATH[entry.route] ?? IN_BODY[entry.route];
  const fields = fieldsOf(entry);
  if (!method || fields === null) return null;
  const named = Object.entries(fields).map(([name, value]) => argument(name, value));
  const first = entry.route in IN_PATH ? [literal(idOf(entry))] : [];
  const scenario = entry.request?.headers.find(([name]) => name.toLowerCase() === 'x-emulator-scenario')?.[1];
  if (scenario) named.push(`extra_headers={"X-Emulator-Scenario": ${literal(scenario)}}`);
  return `from telnyx import Telnyx\n\nclient = Telnyx()\nclient.${method}(${[...first, ...named].join(', ')})`;
}

function fieldsOf(entry) {
  if (!entry.request?.body) return {};
  try {
    const fields = JSON.parse(entry.request.body);
    return fields && typeof fields === 'object' && !Array.isArray(fields) ? fields : null;
  } catch {
    return null;
  }
}

function idOf(entry) {
  const parts = entry.target
    .split('?')[0]
    .split('/')
    .filter((part) => part && part !== 'v2');
  return decodeURIComponent(parts[1] ?? '');
}

const KEYWORDS = new Set([
  'class',
  'def',
  'for',
  'if',
  'import',
  'in',
  'is',
  'lambda',
  'not',
  'or',
  'pass',
  'return',
  'while',
  'with',
]);

function argument(name, value) {
  const spelled = SPELLED[name] ?? name;
  const plain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(spelled) && !KEYWORDS.has(spelled);
  return plain ? `${spelled}=${literal(value)}` : `extra_body={${literal(name)}: ${literal(value)}}`;
}

/** A JSON value as Python writes it. */
function literal(value) {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([name, one]) => `${literal(name)}: ${literal(one)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}
