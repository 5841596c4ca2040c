// Time: the clock of the namespace, shown as it goes, and what steers it. Each button is one call.

import { control, letBe, send } from './api.js';
import { button, fill, h, say } from './dom.js';
import { clockTime, fullTime, micros, span } from './format.js';
import { perform } from './dialogs.js';
import { on, paced, state, touch } from './store.js';
import { toast } from './announce.js';

const SPEEDS = [0.1, 0.5, 1, 2, 5, 10, 60, 600];

let read = 0; // performance.now() when the clock was read

/** Ask where the clock stands. */
export const askClock = paced(500, async () => {
  if (state.namespace === null) {
    state.clock = null;
  } else {
    const { namespace } = state;
    const answer = await send(control('GET', '/clock')).catch(letBe);
    if (namespace !== state.namespace || !answer) return;
    take(answer.data);
  }
  touch('clock');
});

function take(clock) {
  state.clock = clock;
  read = performance.now();
}

/** The namespace's time now, in microseconds; null where none is chosen. */
export function now() {
  const { clock } = state;
  if (!clock) return null;
  const passed = clock.mode === 'running' ? (performance.now() - read) * 1000 * clock.speed : 0;
  return micros(clock.time) + passed;
}

const advance = (body) => perform(control('POST', '/clock/advance', { body }));

async function moved(body) {
  const answer = await advance(body);
  if (!answer) return;
  const { from, to, fired } = answer.data;
  if (state.clock.mode !== 'running') {
    take({ ...state.clock, time: to, next: null });
    touch('clock');
  }
  toast(`${span(micros(to) - micros(from))} passed, ${fired.length + answer.meta.untold} things happened`);
  askClock();
}

async function set(body, words) {
  const answer = await perform(control('PUT', '/clock', { body }), words);
  if (!answer) return;
  take(answer.data);
  touch('clock');
}

/** Steer time: pause, next, second, half, idle. */
export function steer(name) {
  if (!state.clock) return toast('Choose a namespace first: each has a clock of its own.', 'bad');
  if (name === 'pause') {
    const stands = state.clock.mode !== 'running';
    return set({ mode: stands ? 'running' : 'manual' }, stands ? 'Time goes on' : 'Time stands still');
  }
  return moved(
    { next: { until: 'next' }, second: { by: '1s' }, half: { by: '30s' }, idle: { until: 'idle' } }[name],
  );
}

/** Draw the clock and its buttons into an element. */
export function drawClock(root) {
  // a timer is read when somebody asks for it; what is told all the time would never end
  const time = h('span', { class: 'time', role: 'timer', 'aria-label': 'Time of the namespace' });
  const mode = h('span', { class: 'mode' });
  const next = h('span', { class: 'next' });
  const pause = timeButton('pause', '', 'Space');
  const speed = h('select', {
    'aria-label': 'Speed',
    onchange: () => set({ speed: Number(speed.value) }, `Time goes ×${speed.value}`),
  });
  const auto = button('Auto', () => set({ mode: state.clock.mode === 'auto' ? 'manual' : 'auto' }), {
    class: 'small',
    title: 'Time jumps to what falls due next while a client waits',
  });
  const steps = h(
    'div',
    { class: 'steps' },
    pause,
    timeButton('next', 'Next event', 'n'),
    timeButton('second', '+1 s', '+'),
    timeButton('half', '+30 s', '>'),
    timeButton('idle', 'Run to idle', 'z'),
    auto,
    speed,
  );
  const none = h('p', { class: 'faint' }, 'All namespaces are shown: choose one to steer its time.');
  fill(root, h('div', { class: 'reading' }, time, mode, next), steps, none);

  const draw = () => {
    const { clock } = state;
    none.hidden = Boolean(clock);
    for (const element of [time.parentElement, steps]) element.hidden = !clock;
    if (!clock) return;
    root.dataset.mode = clock.mode;
    say(
      mode,
      clock.mode === 'running'
        ? clock.speed === 1
          ? 'running'
          : `running ×${clock.speed}`
        : clock.mode === 'manual'
          ? 'paused'
          : 'auto',
    );
    pause.firstChild.textContent = clock.mode === 'running' ? 'Pause' : 'Run';
    pause.setAttribute('aria-pressed', String(clock.mode !== 'running'));
    auto.setAttribute('aria-pressed', String(clock.mode === 'auto'));
    const speeds = [...new Set([...SPEEDS, clock.speed])].sort((one, other) => one - other);
    fill(
      speed,
      speeds.map((one) => h('option', { value: String(one), selected: one === clock.speed }, `×${one}`)),
    );
    tick();
  };

  const tick = () => {
    const at = now();
    if (at === null || document.hidden) return;
    say(time, clockTime(at).slice(0, -2));
    time.title = `${fullTime(at)} UTC`;
    const due = state.clock.next ? micros(state.clock.next) - at : null;
    say(
      next,
      due === null
        ? state.clock.on_the_wire
          ? 'webhooks on the wire'
          : 'nothing is due'
        : `next in ${span(Math.max(0, Math.round(due / 1000)) * 1000)}`,
    );
    if (due !== null && due < -200_000) askClock();
  };

  on('clock', draw);
  setInterval(tick, 100);
  draw();
}

function timeButton(name, words, key) {
  return button([h('span', {}, words), h('kbd', { 'aria-hidden': 'true' }, key)], () => steer(name), {
    class: 'small',
    'data-time': name,
    'aria-keyshortcuts': key,
  });
}
