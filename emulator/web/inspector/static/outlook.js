// What a start would get from a scenario, step by step: the answers, the events, what the app is waited for.

import { h } from './dom.js';
import { span } from './format.js';
import { mark } from './marks.js';

const RULES = {
  header: 'the header',
  queue: 'the queue',
  magic_connector: 'the connector’s name',
  magic_callee: 'the callee',
  match: 'its match',
  default: 'the default',
};

/** An outlook's rows. */
export function explained(outlook) {
  return [
    h('p', { class: 'chosen' }, plainStart(outlook)),
    outlook.mismatch ? h('p', { class: 'faint' }, `Its match does not hold for one: ${outlook.mismatch}`) : null,
    h(
      'ol',
      { class: 'steps-ahead' },
      outlook.plays === 'inbound'
        ? null
        : answers(outlook.plays === 'dial' ? 'dial' : 'siprec_start', outlook.respond),
      outlook.timeline.map(step),
      outlook.plays === 'recording' && differs(outlook.respond_stop)
        ? answers('siprec_stop', outlook.respond_stop)
        : null,
    ),
    outlook.delivery ? h('p', { class: 'faint' }, `Webhooks: ${delivery(outlook.delivery)}.`) : null,
    outlook.warnings.length
      ? h(
          'ul',
          { class: 'warnings' },
          outlook.warnings.map((one) => h('li', {}, one)),
        )
      : null,
  ];
}

/** Which scenario a start gets that says nothing special. */
function plainStart({ chosen, scenario }) {
  const plays = `A plain start plays ${chosen.scenario === scenario ? 'it' : chosen.scenario}, by ${RULES[chosen.rule]}.`;
  return chosen.scenario === scenario
    ? plays
    : `${plays} For this one queue it, name it in X-Emulator-Scenario, or give it a match.`;
}

const differs = (respond) => respond.sequence || respond.status !== 200 || respond.fault || respond.delay !== '0s';

function row(when, shape, title, ...rest) {
  return h(
    'li',
    {},
    h('span', { class: 'when' }, when),
    h('div', { class: 'what' }, mark(shape), h('b', {}, title), rest),
  );
}

function answers(command, respond) {
  const list = respond.sequence ?? [respond];
  return list.map((one, index) =>
    row(
      index ? 'then' : command === 'siprec_stop' ? 'on stop' : '0',
      one.status === 200 ? 'good' : one.fault ? 'lost' : 'bad',
      `${command} → ${one.fault ?? one.status}`,
      ` ${(one.codes ?? []).join(', ')}`,
      one.delay === '0s' ? null : h('small', {}, `after ${words(one.delay)}`),
      one.takes_effect ? null : h('small', {}, 'nothing comes of it'),
    ),
  );
}

function words(delay) {
  if (typeof delay === 'string') return delay;
  if (delay.uniform) return `${delay.uniform.min} to ${delay.uniform.max}`;
  return `about ${delay.lognormal.median}`;
}

function at(known) {
  if (!known) return '';
  const soonest = span(Math.round(known.min * 1000));
  return known.min === known.max ? soonest : `${soonest} – ${span(Math.round(known.max * 1000))}`;
}

function step(one) {
  if (one.step === 'emit') return emitted(one);
  if (one.step === 'wait_for') return waited(one);
  if (one.step === 'dial') return dialled(one);
  return row(at(one.at_ms), 'none', 'end', one.silent ? h('small', {}, 'no event tells the app') : null);
}

const USUAL = new Set([
  'call_control_id',
  'call_leg_id',
  'call_session_id',
  'connection_id',
  'client_state',
  'calling_party_type',
]);

function emitted(one) {
  const told = Object.entries(one.payload)
    .filter(([name]) => !USUAL.has(name))
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const special = [
    ...deliverWords(one.deliver),
    ...(one.sign.mode === 'good' ? [] : [one.sign.mode.replaceAll('_', ' ')]),
    ...(one.sign.skew_ms ? [`stamp ${one.sign.skew_ms / 1000} s off`] : []),
    ...one.empty.map((name) => `${name} will be null`),
  ];
  return row(
    one.at_ms ? at(one.at_ms) : `+${words(one.after ?? '0s')}`,
    one.event_type.endsWith('failed')
      ? 'bad'
      : one.event_type.endsWith('started') || one.event_type.endsWith('answered')
        ? 'good'
        : 'done',
    one.event_type,
    told.length ? h('code', {}, told.join(', ')) : null,
    special.length ? h('small', {}, special.join(' · ')) : null,
  );
}

function deliverWords(deliver) {
  if (!deliver) return [];
  const list = [];
  if (deliver.copies !== 1) list.push(deliver.copies ? `${deliver.copies} copies` : 'never sent');
  if (deliver.delay !== '0s') list.push(`${words(deliver.delay)} late`);
  if (deliver.url) list.push(`to ${deliver.url}`);
  deliver.attempts.forEach((attempt, index) => {
    if (attempt.simulate !== 'none') list.push(`attempt ${index + 1}: ${attempt.simulate.replaceAll('_', ' ')}`);
  });
  return list;
}

function branch(title, steps) {
  return steps.length ? h('div', { class: 'branch' }, h('small', {}, title), h('ol', {}, steps.map(step))) : null;
}

/** A real recording server is called. */
function dialled(one) {
  const wrong = Object.entries(one.wire)
    .filter(([, value]) => value && value !== '0s')
    .map(([name, value]) => `${name.replaceAll('_', ' ')}${value === true ? '' : ` ${value}`}`);
  return row(
    one.at_ms ? at(one.at_ms) : `+${words(one.after ?? '0s')}`,
    'running',
    'dials the recording server',
    one.secure ? h('small', {}, 'media are encrypted') : null,
    wrong.length ? h('small', {}, wrong.join(' · ')) : null,
    branch('when it answers', one.answered),
    branch('when it fails', one.failed),
    branch('when it is cancelled', one.cancelled),
  );
}

function waited(one) {
  const conditions = one.any.map(
    (condition) =>
      condition.command ??
      (condition.call
        ? `the call is ${condition.call}`
        : condition.srs
          ? `the recording server: ${condition.srs}`
          : `the app took ${condition.webhook_acked}`),
  );
  return row(
    at(one.at_ms),
    'pending',
    `waits for ${conditions.join(' or ')}`,
    one.timeout === null ? h('small', {}, 'for ever') : h('small', {}, `at most ${words(one.timeout)}`),
    branch('when it comes', one.then),
    branch('when it does not', one.on_timeout),
  );
}

function delivery(policy) {
  return `${policy.attempts_per_url} attempt${policy.attempts_per_url === 1 ? '' : 's'} a URL, each ${policy.timeout} long, pauses from ${policy.backoff.first} ×${policy.backoff.factor} to ${policy.backoff.max}${policy.failover ? ', then the failover URL' : ''}`;
}
