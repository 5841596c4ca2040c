// A list of any length of which only what is seen is in the document. Owns scrolling and the choice of a row by
// pointer and keys (WAI-ARIA 1.2, listbox); what a row shows comes from outside.

import { h } from './dom.js';

const BEYOND = 4; // rows above and below what is seen

export class VirtualList {
  /**
   * @param options { label, render(entry) gives the row's { children, words }, choose(entry, pressed), reachEnd() };
   *   `pressed`: by the pointer, not on the way of keys through the list.
   */
  constructor(options) {
    this.options = options;
    this.entries = []; // oldest first; the newest is shown on top
    this.chosen = null;
    this.seen = false;
    this.rows = new Map(); // index to { element, key, version }
    this.space = h('div', { class: 'space', role: 'presentation' });
    this.element = h(
      'div',
      {
        class: 'list',
        role: 'listbox',
        tabindex: '0',
        'aria-label': options.label,
        onscroll: () => this.later(),
        onkeydown: (event) => this.pressed(event),
      },
      this.space,
    );
    new ResizeObserver(() => this.measured()).observe(this.element);
  }

  /** Row heights follow the type size, and so are measured. */
  measured() {
    const probe = h('div', { class: 'row probe', 'aria-hidden': 'true' }, h('b', {}, 'x'), h('span', {}, 'x'));
    this.element.append(probe);
    this.height = Math.round(probe.getBoundingClientRect().height) || 56;
    probe.remove();
    this.draw();
    // keys may have gone on while the story stood in its place
    const comes = !this.seen && this.element.clientHeight > 0;
    this.seen = this.element.clientHeight > 0;
    if (comes && this.chosen !== null) this.reveal(Math.max(0, this.indexOf(this.chosen)));
  }

  /** Show these entries. */
  show(entries, chosen) {
    const grown = entries.length - this.entries.length;
    const anchored = this.element.scrollTop > 2 && grown > 0 && this.entries.length > 0;
    const sameEnd = anchored && entries[0] === this.entries[0];
    this.entries = entries;
    this.chosen = chosen;
    this.space.style.height = `${entries.length * (this.height ?? 56)}px`;
    // what is looked at stays where it is while newer rows come on top
    if (sameEnd) this.element.scrollTop += grown * this.height;
    this.draw();
  }

  later() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  entryAt(index) {
    return this.entries[this.entries.length - 1 - index];
  }

  indexOf(id) {
    for (let at = this.entries.length - 1; at >= 0; at -= 1) {
      if (this.entries[at].id === id) return this.entries.length - 1 - at;
    }
    return -1;
  }

  draw() {
    const height = this.height ?? 56;
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / height) - BEYOND);
    const last = Math.min(this.entries.length - 1, Math.ceil((scrollTop + clientHeight) / height) + BEYOND);
    for (const [index, row] of this.rows) {
      if (index < first || index > last) {
        row.element.remove();
        this.rows.delete(index);
      }
    }
    for (let index = first; index <= last; index += 1) this.place(index, height);
    const active = this.chosen === null ? null : this.space.querySelector('[aria-selected="true"]');
    if (active) this.element.setAttribute('aria-activedescendant', active.id);
    else this.element.removeAttribute('aria-activedescendant');
    if (this.entries.length && last >= this.entries.length - 1 - BEYOND) this.options.reachEnd();
  }

  place(index, height) {
    const entry = this.entryAt(index);
    const chosen = entry.id === this.chosen;
    let row = this.rows.get(index);
    if (!row) {
      row = { element: h('div', { class: 'row', role: 'option', id: `row-${index}` }) };
      row.element.addEventListener('click', () => this.options.choose(this.entryAt(row.index), true));
      this.rows.set(index, row);
      this.space.append(row.element);
    }
    const size = this.entries.length;
    if (
      row.entry === entry &&
      row.version === entry.version &&
      row.chosen === chosen &&
      row.height === height &&
      row.size === size
    )
      return;
    Object.assign(row, { entry, version: entry.version, chosen, height, index, size });
    row.element.style.transform = `translateY(${index * height}px)`;
    row.element.style.height = `${height}px`;
    row.element.setAttribute('aria-selected', String(chosen));
    row.element.setAttribute('aria-posinset', String(index + 1));
    row.element.setAttribute('aria-setsize', String(size));
    const { children, words } = this.options.render(entry);
    row.element.setAttribute('aria-label', words);
    row.element.replaceChildren(...children);
  }

  pressed(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.height) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.step(steps[event.key]);
  }

  /** Choose the row so many further down. */
  step(count) {
    if (!this.entries.length) return;
    const now = this.chosen === null ? -1 : this.indexOf(this.chosen);
    const index = Math.min(this.entries.length - 1, Math.max(0, now < 0 ? 0 : now + count));
    const entry = this.entryAt(index);
    // at once: the next key may come before the next frame
    this.chosen = entry.id;
    this.reveal(index);
    this.options.choose(entry, false);
  }

  /** Scroll as little as shows a row. */
  reveal(index) {
    const { scrollTop, clientHeight } = this.element;
    if (!clientHeight) return;
    const top = index * this.height;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight)
      this.element.scrollTop = top + this.height - clientHeight;
    this.draw();
  }
}
