// The file as a bar: which bytes were sent, how often, by which request, and where it jumped.

import { draw, make, refill } from './build.js';
import { promisedSpan, sentSpan } from './store.js';
import { NOTHING, clock, counted, grouped, shortLength } from './words.js';

const WIDTH = 1000;
const ROW = 12;
const ROWS_MAX = 80;
const LEGEND = [['once', 'sent once'], ['again', 'sent again'], ['cut', 'broken off'], ['promised', 'promised, not sent'], ['never', 'never sent']];

export function showMap(place, group, goTo) {
  if (!group || !group.length) {
    refill(place, [make('p', { class: 'quiet' }, group ? 'Of this no length is known.' : NOTHING)]);
    return;
  }
  const sent = group.cover.reduce((sum, [from, to]) => sum + to - from, 0);
  const told = `${shortLength(sent)} of ${shortLength(group.length)} were sent at least once`
    + (group.again ? `, ${shortLength(group.again)} again: ${(group.bytes / group.length).toFixed(2)} bytes for each byte of the file` : '')
    + `. ${counted(jumps(group.entries), 'jump', 'jumps')}.`;
  refill(place, [
    make('p', { class: 'told' }, told),
    bar(group, told),
    rows(group, goTo),
    make('div', { class: 'scale quiet', 'aria-hidden': 'true' }, make('span', null, '0'), make('span', null, shortLength(group.length / 2)), make('span', null, shortLength(group.length))),
    make('ul', { class: 'legend' }, LEGEND.map(([kind, words]) => make('li', null, make('span', { class: `chip ${kind}`, 'aria-hidden': 'true' }), words))),
    table(group),
  ]);
}

const at = (position, length) => (WIDTH * position) / length;

function strip(kind, [from, to], length, y, height) {
  const x = at(Math.min(from, length), length);
  return draw('rect', { class: kind, x: x.toFixed(2), y, height, width: Math.max(at(Math.min(to, length), length) - x, 1.5).toFixed(2) });
}

function bar(group, told) {
  return draw('svg', { class: 'whole', viewBox: `0 0 ${WIDTH} 28`, preserveAspectRatio: 'none', role: 'img', 'aria-label': told },
    draw('rect', { class: 'never', x: 0, y: 0, width: WIDTH, height: 28 }),
    group.cover.map(([from, to, times]) => strip(times > 1 ? 'again' : 'once', [from, to], group.length, 0, 28)));
}

function rows(group, goTo) {
  const entries = group.entries.filter((entry) => promisedSpan(entry, group.length)).slice(-ROWS_MAX);
  const height = Math.max(entries.length * ROW, ROW);
  const drawing = draw('svg', { class: 'rows', viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  drawing.style.height = `${height}px`;
  const before = [];
  let last = null;
  entries.forEach((entry, index) => {
    const y = index * ROW;
    const span = sentSpan(entry);
    const promised = promisedSpan(entry, group.length);
    const row = draw('g', { onclick: () => goTo(entry.id) }, draw('title', null, `#${entry.id} ${entry.range ?? 'no Range'}`));
    row.append(strip('promised', promised, group.length, y + 5, 2));
    if (span) {
      const cut = !['finished', 'grew', null].includes(entry.outcome);
      row.append(strip(cut ? 'cut' : 'once', span, group.length, y + 2, 8));
      for (const twice of overlaps(span, before)) row.append(strip('again', twice, group.length, y + 2, 8));
      before.push(span);
    }
    if (last !== null && Math.abs(promised[0] - last) > group.length / 100) {
      // A jump: from where the last one stopped to where this one begins.
      row.append(draw('path', { class: 'jump', d: `M${at(last, group.length).toFixed(2)} ${y - 2}L${at(promised[0], group.length).toFixed(2)} ${y + 2}` }));
    }
    last = span ? span[1] : promised[0];
    drawing.append(row);
  });
  return drawing;
}

function overlaps([from, to], before) {
  return before.map(([a, b]) => [Math.max(from, a), Math.min(to, b)]).filter(([a, b]) => b > a);
}

function jumps(entries) {
  let [count, last] = [0, null];
  for (const entry of entries) {
    const span = sentSpan(entry);
    if (!span) continue;
    if (last !== null && span[0] !== last && Math.abs(span[0] - last) > 65536) count += 1;
    last = span[1];
  }
  return count;
}

function table(group) {
  const head = ['#', 'time', 'Range', 'status', 'first byte', 'bytes sent', 'of', 'ended'];
  return make('details', { class: 'as-text' }, make('summary', { 'data-key': 'as-text' }, 'As a table'),
    make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Exchanges as a table' }, make('table', null,
      make('thead', null, make('tr', null, head.map((cell) => make('th', { scope: 'col' }, cell)))),
      make('tbody', null, group.entries.slice(-ROWS_MAX).map((entry) => make('tr', null,
        [entry.id, clock(entry.time), entry.range ?? '–', entry.status ?? '–', grouped(sentSpan(entry)?.[0] ?? 0), grouped(entry.bytes_sent), grouped(entry.bytes_planned), entry.outcome ?? 'running']
          .map((cell) => make('td', null, String(cell)))))))));
}
