// Times, durations and identifiers as people read them.

/** Microseconds since the epoch of a time such as 2025-01-01T00:00:00.123456Z; exact, since it is below 2^53. */
export function micros(text) {
  const whole = Date.parse(`${text.slice(0, 19)}Z`) * 1000;
  const fraction = text.length > 20 ? text.slice(20, -1).padEnd(6, '0').slice(0, 6) : '0';
  return whole + Number(fraction);
}

/** The time of day in UTC, to the millisecond: 11:48:46.243. */
export function clockTime(instant) {
  return new Date(Math.floor(instant / 1000)).toISOString().slice(11, 23);
}

/** The date and the time of day. */
export function fullTime(instant) {
  return `${new Date(Math.floor(instant / 1000)).toISOString().slice(0, 10)} ${clockTime(instant)}`;
}

/** A span of microseconds: 0 s, 400 ms, 1.25 s, 2 min 5 s, 1 h 0 min. */
export function span(micro) {
  const sign = micro < 0 ? '−' : '';
  const value = Math.abs(micro);
  if (value === 0) return '0 s';
  if (value < 1000) return `${sign}${value} µs`;
  if (value < 1_000_000) return `${sign}${trimmed(value / 1000, value < 10_000 ? 1 : 0)} ms`;
  if (value < 60_000_000) return `${sign}${trimmed(value / 1_000_000, 2)} s`;
  const seconds = Math.round(value / 1_000_000);
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${sign}${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Since a beginning: +400 ms. */
export function since(micro) {
  return micro === 0 ? '0' : `${micro < 0 ? '' : '+'}${span(micro)}`;
}

function trimmed(number, digits) {
  return String(Number(number.toFixed(digits)));
}

/** A long identifier with its middle left out, so that both ends can be told apart. */
export function shortened(text, most = 28) {
  // by characters, since half of one would show as none
  const letters = [...text];
  if (letters.length <= most) return text;
  const tail = Math.floor(most / 3);
  return `${letters.slice(0, most - tail - 1).join('')}…${letters.slice(-tail).join('')}`;
}

export const plural = (count, noun) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
