// The stream of what happens: server-sent events (WHATWG HTML section 9.2.6) read by fetch, since an EventSource can
// send no token. Owns the connection: it says when it is lost, comes again, and asks for what it missed.

const PAUSES = [250, 500, 1000, 2000, 4000];

/** The server says something at least every 15 s; so much silence means that it is gone. */
const SILENCE = 40_000;

/** Makes events of a stream's text, however it is cut. */
class EventReader {
  constructor() {
    this.rest = '';
  }

  /** The events that this text completes: { id, kind, data }; kind is empty where only an id was said. */
  read(text) {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop();
    return blocks.map(eventOf).filter((event) => event !== null);
  }
}

function eventOf(block) {
  const fields = {};
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).replace(/^ /, '');
  }
  if (!('data' in fields)) return 'id' in fields ? { id: fields.id, kind: '', data: null } : null;
  return { id: fields.id ?? '', kind: fields.event ?? '', data: JSON.parse(fields.data) };
}

/** One subscription, until it is closed. */
export class Stream {
  /**
   * @param request Gives { url, headers } for each connection.
   * @param told Is given each event.
   * @param link Is given 'open', 'lost' or 'refused' and, of the last, the status.
   */
  constructor(request, told, link) {
    this.request = request;
    this.told = told;
    this.link = link;
    this.lastId = null;
    this.failures = 0;
    this.resting = false;
    this.ended = new AbortController();
    this.run();
  }

  close() {
    this.ended.abort();
    this.wake?.();
  }

  /** Try again now. */
  hurry() {
    this.resting = false;
    this.wake?.();
  }

  /** Leave the connection until `hurry`, which goes on where it was. */
  rest() {
    this.resting = true;
    this.leave?.();
  }

  async run() {
    while (!this.ended.signal.aborted) {
      const refused = await this.connection();
      if (this.ended.signal.aborted) return;
      if (this.resting) {
        await this.pause(null);
        continue;
      }
      this.link(refused ? 'refused' : 'lost', refused);
      await this.pause(PAUSES[Math.min(this.failures, PAUSES.length - 1)]);
      this.failures += 1;
    }
  }

  /** Read until the connection ends; the status where it was refused. */
  async connection() {
    const { url, headers } = this.request();
    const one = new AbortController();
    const end = () => one.abort();
    this.leave = end;
    this.ended.signal.addEventListener('abort', end);
    let watchdog = setTimeout(end, SILENCE);
    try {
      const given = this.lastId === null ? headers : { ...headers, 'Last-Event-ID': this.lastId };
      const response = await fetch(url, { headers: given, signal: one.signal, cache: 'no-store' });
      if (!response.ok) return response.status;
      const events = new EventReader();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return 0;
        clearTimeout(watchdog);
        watchdog = setTimeout(end, SILENCE);
        this.opened();
        for (const event of events.read(value)) {
          if (event.id) this.lastId = event.id;
          if (event.kind) this.told(event);
        }
      }
    } catch {
      return 0;
    } finally {
      clearTimeout(watchdog);
      this.ended.signal.removeEventListener('abort', end);
      this.connected = false;
    }
  }

  opened() {
    this.failures = 0;
    if (this.connected) return;
    this.connected = true;
    this.link('open');
  }

  /** Wait for so many milliseconds, null for ever, or until `wake`. */
  pause(time) {
    return new Promise((resolve) => {
      const timer = time === null ? 0 : setTimeout(resolve, time);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
