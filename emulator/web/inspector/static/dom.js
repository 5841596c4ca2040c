// Elements made of values. Owns the only ways by which text comes into the page: as text nodes and attributes, never
// as markup, whoever wrote it.

const SVG = 'http://www.w3.org/2000/svg';

/** An element; `onclick` and the like are listeners, other names attributes, null and false leave one out. */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An element of SVG. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** Put these in place of all that an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
}

/** Set a text, only where it differs: a live region speaks each time it is set. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export const byId = (id) => document.getElementById(id);

/** A link to a scenario as a namespace sees it. */
export function scenarioLink(name, namespace) {
  return h('a', { href: `#scenarios/${encodeURIComponent(name)}/${encodeURIComponent(namespace ?? '')}` }, name);
}

/** A button with a text. */
export function button(text, onclick, attributes = {}) {
  return h('button', { type: 'button', onclick, ...attributes }, text);
}

/** Put a text onto the clipboard, also where the page is no secure context. */
export async function copy(text) {
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

/** A button that copies, and says that it did. */
export function copyButton(label, text, attributes = {}) {
  const pressed = async () => {
    const found = typeof text === 'function' ? await text() : text;
    if (found === null || found === undefined) return;
    await copy(found);
    made.textContent = 'Copied';
    setTimeout(() => {
      made.textContent = label;
    }, 1500);
  };
  const made = button(label, pressed, { class: 'small', ...attributes });
  return made;
}
