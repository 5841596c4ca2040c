// Where in a text a JSON pointer (RFC 6901) leads. Owns a reader that keeps places; JSON.parse keeps none. What is no
// JSON has no places, and nothing is raised.

const SPACE = /[ \t\r\n]/;

/** Pointer to { from, to }, in characters, for every value of a JSON text; empty for what is none. */
export function placesOf(text) {
  const places = new Map();
  try {
    new Reader(text, places).value('');
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error;
  }
  return places;
}

class Reader {
  constructor(text, places) {
    this.text = text;
    this.places = places;
    this.at = 0;
  }

  skip() {
    while (SPACE.test(this.text[this.at] ?? '')) this.at += 1;
  }

  value(pointer) {
    this.skip();
    const from = this.at;
    const first = this.text[this.at];
    if (first === '{') this.members(pointer, '}', true);
    else if (first === '[') this.members(pointer, ']', false);
    else if (first === '"') this.string();
    else this.word();
    this.places.set(pointer, { from, to: this.at });
  }

  members(pointer, close, named) {
    this.at += 1;
    for (let index = 0; ; index += 1) {
      this.skip();
      if (this.text[this.at] === close) break;
      if (this.at >= this.text.length) throw new SyntaxError('it ends too soon');
      let name = String(index);
      if (named) {
        name = JSON.parse(this.string());
        this.skip();
        this.at += 1; // the colon
      }
      this.value(`${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
      this.skip();
      if (this.text[this.at] === ',') this.at += 1;
    }
    this.at += 1;
  }

  string() {
    const from = this.at;
    if (this.text[from] !== '"') throw new SyntaxError('there is no name');
    this.at += 1;
    while (this.text[this.at] !== '"') {
      if (this.at >= this.text.length) throw new SyntaxError('a text has no end');
      this.at += this.text[this.at] === '\\' ? 2 : 1;
    }
    this.at += 1;
    return this.text.slice(from, this.at);
  }

  word() {
    const [word] = /^[-+.\w]+/.exec(this.text.slice(this.at, this.at + 400)) ?? [];
    if (!word) throw new SyntaxError('there is no value');
    this.at += word.length;
  }
}

/** Pointer to place for the fields of a form body. */
export function placesOfForm(text) {
  const places = new Map([['', { from: 0, to: text.length }]]);
  let at = 0;
  for (const part of text.split('&')) {
    const [name = ''] = new URLSearchParams(part).keys();
    places.set(`/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, { from: at, to: at + part.length });
    at += part.length + 1;
  }
  return places;
}

/** The place of a pointer, or of the nearest thing around it: a field that is missing points at what lacks it. */
export function placeOf(places, pointer) {
  for (let one = pointer; ; one = one.slice(0, one.lastIndexOf('/'))) {
    if (places.has(one)) return places.get(one);
    if (!one) return null;
  }
}
