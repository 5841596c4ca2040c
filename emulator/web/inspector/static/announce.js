// What the page says: short notes on the screen, and words for a screen reader, so many at a time that they can be heard.

import { byId, h, say } from './dom.js';

const PAUSE = 2000;
const SHOWN = 4000;
const KEPT = 1000;

let waiting = [];
let timer = 0;

/** Say something to a screen reader; of much at once the number alone. */
export function announce(text) {
  waiting.push(text);
  if (waiting.length > KEPT) waiting.shift();
  timer ||= setTimeout(speak, 50);
}

function speak() {
  const words = waiting;
  waiting = [];
  say(
    byId('said'),
    words.length > 3 ? `${words.length} changes, the last: ${words[words.length - 1]}` : words.join('. '),
  );
  timer = setTimeout(() => {
    timer = 0;
    if (waiting.length) speak();
  }, PAUSE);
}

/** A short note. */
export function toast(text, kind = 'good') {
  const note = h('p', { class: `toast ${kind}` }, text);
  byId('toasts').append(note);
  announce(text);
  setTimeout(() => note.remove(), kind === 'bad' ? SHOWN * 2 : SHOWN);
}
