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
