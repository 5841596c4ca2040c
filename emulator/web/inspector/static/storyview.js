// The story of what is chosen: its heading, its axis, and the item that is looked at.

import { act } from './actions.js';
import { control, segment } from './api.js';
import { announce } from './announce.js';
import { drawDetail } from './detail.js';
import { perform } from './dialogs.js';
import { copyButton } from './copying.js';
import { button, byId, fill, h, scenarioLink } from './dom.js';
import { micros, span } from './format.js';
import { drawLanes, highlight, revealItem } from './lanes.js';
import { welcome } from './lists.js';
import { mark, OF_STATE } from './marks.js';
import { on, state } from './store.js';
import { wordsOf } from './story.js';
import { now } from './time.js';
import { edit } from './editor.js';
import { isLive, showWire } from './wire.js';

let drawn = null; // the story that is shown, and the item

/** Make the side of the story; `back` leads to the list where there is room for one side alone. */
export function makeStory(back) {
  const root = byId('story');
  on('story', () => {
    const began = performance.now();
    drawStory(root, back);
    state.drawing = performance.now() - began;
  });
  on('item', drawItem);
  new ResizeObserver(() => {
    const lanes = byId('lanes');
    if (lanes && lanes.clientWidth !== drawn?.width) drawAxis(lanes);
  }).observe(root);
  drawStory(root, back);
}

function drawStory(root, back) {
  const { chosen, story } = state;
  if (!chosen || !story) {
    drawn = null;
    fill(root, chosen ? h('p', { class: 'empty' }, 'Reading…') : welcome());
    return;
  }
  if (story.gone) {
    drawn = null;
    fill(
      root,
      h(
        'div',
        { class: 'empty' },
        h('p', {}, `${story.gone} It was forgotten, or never was here.`),
        button('Back to the list', back),
      ),
    );
    return;
  }
  if (drawn?.kind !== chosen.kind || drawn?.id !== chosen.id) {
    drawn = { ...chosen, item: null };
    root.scrollTop = 0;
    const axis =
      story.items.length > 1
        ? h('div', { id: 'lanes', class: 'lanes', role: 'group', 'aria-label': 'Time axis' })
        : null;
    fill(
      root,
      h('header', { id: 'story-head', class: 'story-head' }),
      axis,
      h('div', { id: 'detail', class: 'detail', tabindex: '-1' }),
    );
  }
  fill(byId('story-head'), headingOf(story, back));
  let lanes = byId('lanes');
  if (!lanes && story.items.length > 1) {
    lanes = h('div', { id: 'lanes', class: 'lanes', role: 'group', 'aria-label': 'Time axis' });
    byId('story-head').after(lanes);
  }
  if (lanes) drawAxis(lanes);
  drawItem();
}

function drawAxis(lanes) {
  drawLanes(lanes, state.story);
  drawn.width = lanes.clientWidth;
}

function drawItem() {
  const { story } = state;
  if (!drawn || !story?.items) return;
  const lanes = byId('lanes');
  const item = story.items.find((one) => one.id === state.item) ?? null;
  if (lanes) {
    highlight(lanes);
    revealItem(lanes);
  }
  const text = JSON.stringify([item?.id, item?.entry, item?.attempt?.number]);
  if (drawn.item === text) return;
  if (drawn.item !== null && item) announce(wordsOf(item, story.start));
  drawn.item = text;
  drawDetail(byId('detail'), story, item);
}

// --- the heading ---

function headingOf(story, back) {
  const leave = button('← List', back, { class: 'small back' });
  return [
    leave,
    { sessions: sessionHead, calls: callHead, requests: aloneHead, webhooks: aloneHead }[story.kind](story),
  ];
}

function title(text, kind) {
  return h('h2', { title: text }, h('small', {}, kind), h('span', { class: 'name' }, text));
}

const chip = (words, shape) => h('i', { class: `state chip ${shape}` }, mark(shape), words);

function lasted(one) {
  if (!one.started_at && !one.answered_at) return null;
  const from = micros(one.started_at ?? one.answered_at);
  const until = one.ended_at ? micros(one.ended_at) : now();
  return until === null
    ? null
    : h(
        'span',
        {},
        `for ${span(Math.max(0, Math.round((until - from) / 1000) * 1000))}${one.ended_at ? '' : ' so far'}`,
      );
}

function sessionHead(story) {
  const [one] = story.sessions;
  const alive = ['starting', 'started'].includes(one.state);
  const scenario = control('GET', `/sessions/${segment(one.id)}/scenario`);
  const written = async () => (await perform(scenario))?.data?.text;
  return [
    title(one.call_control_id, one.api === 'texml' ? 'Recording by TeXML of' : 'Recording of'),
    h(
      'p',
      { class: 'facts' },
      chip(one.state, OF_STATE[one.state]),
      one.cause ? h('span', {}, one.cause.replaceAll('_', ' ')) : null,
      h('span', {}, 'plays ', scenarioLink(one.scenario, one.namespace)),
      one.connector_name ? h('span', {}, `connector ${one.connector_name}`) : null,
      h('span', {}, one.track.replaceAll('_', ' ')),
      lasted(one),
      story.left_out ? h('span', {}, `${story.left_out} older left out`) : null,
    ),
    h(
      'div',
      { class: 'buttons' },
      alive ? act('stop', 'Stop') : null,
      isLive(story) ? button('On the wire…', () => showWire(one.id), { class: 'small' }) : null,
      act('inject', 'Event…'),
      copyButton('Copy as scenario', written),
      button('Edit as scenario', () => written().then((text) => text && edit(text)), { class: 'small' }),
    ),
  ];
}

function callHead(story) {
  const one = story.call;
  if (!one) return [title(state.chosen.id, 'Call')];
  const live = one.state !== 'ended';
  return [
    title(
      one.call_control_id,
      `${one.direction === 'incoming' ? 'Call from' : 'Call to'} ${one.direction === 'incoming' ? one.from : one.to}`,
    ),
    h(
      'p',
      { class: 'facts' },
      chip(one.state, OF_STATE[one.state] ?? 'done'),
      one.hangup_cause ? h('span', {}, one.hangup_cause.replaceAll('_', ' ')) : null,
      h('span', {}, `${one.from} → ${one.to}`),
      one.scenario ? h('span', {}, 'plays ', scenarioLink(one.scenario, one.namespace)) : null,
      one.recording ? h('span', {}, 'is recorded') : null,
      lasted(one),
    ),
    h(
      'div',
      { class: 'buttons' },
      live ? act('hangup', 'Far end hangs up') : null,
      one.recording ? act('stop', 'Stop the recording') : null,
    ),
  ];
}

function aloneHead(story) {
  const [item] = story.items;
  const session = item.entry.session_id;
  return [
    title(item.entry.call_control_id ?? item.title, story.kind === 'requests' ? 'Request' : 'Webhook'),
    h(
      'p',
      { class: 'facts' },
      session
        ? h('a', { href: `#live/sessions/${encodeURIComponent(session)}` }, 'Its recording')
        : h('span', { class: 'faint' }, 'Of no recording'),
    ),
  ];
}
