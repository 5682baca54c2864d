// Numbers, times and places as people read them.

// Stands where a chosen file would be told of.
export const NOTHING = 'No exchange is shown.';

export function shortLength(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  let [value, unit] = [bytes / 1024, 0];
  while (value >= 1023.95 && unit + 1 < units.length) [value, unit] = [value / 1024, unit + 1];
  return `${value.toFixed(value < 99.95 ? 1 : 0)} ${units[unit]}`;
}

export const grouped = (number) => Number(number).toLocaleString('en');

export const counted = (number, one, many) => `${grouped(number)} ${number === 1 ? one : many}`;

export function span(millis) {
  if (millis < 999.5) return `${millis < 9.95 ? millis.toFixed(1) : Math.round(millis)} ms`;
  if (millis < 59950) return `${(millis / 1000).toFixed(millis < 9995 ? 2 : 1)} s`;
  const seconds = Math.round(millis / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

// The hour of the day where the reader is, to the millisecond.
export function clock(time) {
  const at = new Date(time);
  const two = (number) => String(number).padStart(2, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

// Who is meant by a User-Agent, in a word or two.
export function agent(field) {
  if (!field) return '';
  for (const [sign, name] of [['Firefox/', 'Firefox'], ['Edg/', 'Edge'], ['OPR/', 'Opera'], ['Chrome/', 'Chromium'], ['Version/', 'Safari']]) {
    const at = field.indexOf(sign);
    if (at >= 0) return `${name} ${field.slice(at + sign.length).split(/[ .;)]/)[0]}`;
  }
  return field.split(/[ (]/)[0].slice(0, 40);
}

export function address(peer) {
  if (!peer) return '–';
  const match = /^\[(.*)\]:\d+$|^([^:]*):\d+$/.exec(peer);
  return match ? match[1] ?? match[2] : peer;
}

// "bytes 0-99/1000" as numbers; null where it is none.
export function contentRange(field) {
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(field ?? '');
  return match && { first: Number(match[1]), last: Number(match[2]), complete: match[3] === '*' ? null : Number(match[3]) };
}

export function field(fields, name) {
  const found = fields.find(([known]) => known === name);
  return found ? found[1] : null;
}
