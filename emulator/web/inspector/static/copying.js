// Copying. Owns how a text comes onto the clipboard, and the buttons that bring it there.

import { toast } from './announce.js';
import { button, h } from './dom.js';

/** Put a text onto the clipboard, also where the page is no secure context. */
async function copy(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = h('textarea', { class: 'hidden', 'aria-hidden': 'true' });
  field.value = text;
  (document.querySelector('dialog[open]') ?? document.body).append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}

/** A button that copies a text, or what a function gives (null: nothing), and says that it did. */
export function copyButton(label, text, attributes = {}) {
  const pressed = async () => {
    const found = typeof text === 'function' ? await text() : text;
    if (found === null || found === undefined) return;
    try {
      await copy(found);
    } catch {
      toast('The browser does not let this page copy.', 'bad');
      return;
    }
    made.textContent = 'Copied';
    setTimeout(() => {
      made.textContent = label;
    }, 1500);
  };
  const made = button(label, pressed, { class: 'small', ...attributes });
  return made;
}
