// Dialogs: a form whose one call stands below it as a curl line while it is filled in. Owns their form; what is asked
// and what is called comes from outside.

import { Refused, send } from './api.js';
import { curlOf } from './curl.js';
import { copyButton } from './copying.js';
import { button, fill, h, say } from './dom.js';
import { state } from './store.js';
import { toast } from './announce.js';

let serial = 0;

/** Show a dialog until it is closed; focus goes back to where it was. */
export function show(title, content, { wide = false, footer = null } = {}) {
  const before = document.activeElement;
  const label = `dialog-${(serial += 1)}`;
  const dialog = h(
    'dialog',
    { class: wide ? 'wide' : null, 'aria-labelledby': label },
    h(
      'header',
      {},
      h('h2', { id: label }, title),
      button('Close', () => dialog.close(), { class: 'small', 'aria-label': 'Close' }),
    ),
    content,
    footer,
  );
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (before?.isConnected) before.focus();
  });
  // a click beside it; what is inside stops at the inside
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** The input of a field: { name, label, kind: text, area, choice, check, number; value, options, hint, rows }. */
function inputOf(field, id) {
  const common = {
    id,
    name: field.name,
    'aria-describedby': field.hint ? `${id}-hint` : null,
    spellcheck: 'false',
    autocomplete: 'off',
  };
  switch (field.kind) {
    case 'area':
      return h('textarea', { ...common, rows: String(field.rows ?? 6), value: field.value ?? '' });
    case 'choice':
      return h(
        'select',
        common,
        field.options.map(([value, words]) => h('option', { value, selected: value === field.value }, words)),
      );
    case 'check':
      return h('input', { ...common, type: 'checkbox', checked: Boolean(field.value) });
    case 'number':
      return h('input', {
        ...common,
        type: 'number',
        min: field.min,
        max: field.max,
        step: field.step ?? '1',
        value: String(field.value),
      });
    case 'secret':
      return h('input', { ...common, type: 'password', value: field.value ?? '' });
    default:
      return h('input', { ...common, type: 'text', value: field.value ?? '', placeholder: field.placeholder });
  }
}

function labelled(field) {
  const id = `field-${(serial += 1)}`;
  const input = inputOf(field, id);
  const hint = field.hint ? h('small', { id: `${id}-hint` }, field.hint) : null;
  const order =
    field.kind === 'check'
      ? [h('label', { for: id, class: 'check' }, input, field.label), hint]
      : [h('label', { for: id }, field.label), input, hint];
  return { input, element: h('div', { class: 'field' }, order) };
}

/** A curl line that can be copied. */
export function curlLine() {
  const code = h('code', { class: 'words' });
  const element = h(
    'div',
    { class: 'curl' },
    code,
    copyButton('Copy', () => code.textContent, { 'aria-label': 'Copy the curl line' }),
  );
  return { element, set: (text) => say(code, text) };
}

/**
 * A form of one call.
 * @param options { title, intro, fields, call(values) gives the call, doing: the button's words, done(answer, values) }
 */
export function ask(options) {
  const fields = options.fields.map((field) => ({ field, ...labelled(field) }));
  const values = () =>
    Object.fromEntries(
      fields.map(({ field, input }) => [field.name, field.kind === 'check' ? input.checked : input.value]),
    );
  const shown = curlLine();
  const trouble = h('p', { class: 'trouble', role: 'alert', hidden: true });
  const complain = (text) => {
    trouble.hidden = !text;
    say(trouble, text);
  };
  const made = () => {
    try {
      complain('');
      return options.call(values());
    } catch (error) {
      complain(error.message);
      return null;
    }
  };
  const renew = () => {
    const call = made();
    if (call) shown.set(curlOf(call, Boolean(state.token)));
  };
  const submit = async (event) => {
    event.preventDefault();
    const call = made();
    if (!call) return;
    try {
      const answer = await send(call);
      dialog.close();
      options.done?.(answer, values());
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      complain([error.message, error.pointer && `(${error.pointer})`].filter(Boolean).join(' '));
    }
  };
  const form = h(
    'form',
    { onsubmit: submit, oninput: renew },
    options.intro ? h('p', {}, options.intro) : null,
    fields.map(({ element }) => element),
    trouble,
    h('div', { class: 'buttons' }, h('button', { type: 'submit', class: 'main' }, options.doing)),
    shown.element,
  );
  const dialog = show(options.title, form, { wide: options.wide });
  renew();
  (fields[0]?.input ?? form.querySelector('button')).focus();
  return dialog;
}

/** A form that changes the page alone. */
export function settle(options) {
  const fields = options.fields.map((field) => ({ field, ...labelled(field) }));
  const submit = (event) => {
    event.preventDefault();
    const values = Object.fromEntries(fields.map(({ field, input }) => [field.name, input.value]));
    dialog.close();
    options.done(values);
  };
  const form = h(
    'form',
    { onsubmit: submit },
    options.intro ? h('p', {}, options.intro) : null,
    fields.map(({ element }) => element),
    h('div', { class: 'buttons' }, h('button', { type: 'submit', class: 'main' }, options.doing)),
  );
  const dialog = show(options.title, form);
  fields[0].input.focus();
  return dialog;
}

/** Carry a call out and say what came of it; true if it was done. */
export async function perform(call, words) {
  try {
    const answer = await send(call);
    if (words) toast(words);
    return answer ?? true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message, 'bad');
    return false;
  }
}

/** The calls that the page has made, as curl lines. */
export function showCalls() {
  const all = h('input', { type: 'checkbox', id: 'all-calls' });
  const list = h('ol', { class: 'calls' });
  const draw = () => {
    const made = state.made
      .filter((one) => all.checked || !(one.call.method === 'GET' || one.call.reads))
      .slice(-60)
      .reverse();
    fill(
      list,
      made.length
        ? made.map(callLine)
        : h('li', { class: 'faint' }, 'Nothing yet. What you do here appears as the call that does it.'),
    );
  };
  all.addEventListener('change', draw);
  show(
    'Calls of this page',
    [
      h(
        'p',
        {},
        'Everything this page does is one call of the control API, or of Telnyx’s routes. The latest is on top.',
      ),
      h('label', { class: 'check', for: 'all-calls' }, all, 'Also what it only reads'),
      list,
    ],
    { wide: true },
  );
  draw();
}

function callLine({ call, status }) {
  const text = curlOf(call, Boolean(state.token));
  return h(
    'li',
    {},
    h('i', { class: `state ${status < 400 ? 'good' : 'bad'}` }, String(status)),
    h('code', {}, text),
    copyButton('Copy', text),
  );
}
