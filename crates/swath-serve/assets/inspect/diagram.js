// The exchanges as people draw them: a line for the client, a line for the server, and what went between.

import { make, refill } from './build.js';
import { NOTHING, clock, counted, grouped, shortLength, span } from './words.js';

const SHOWN_MAX = 150;
const ENDS = {
  finished: 'finished', grew: 'finished, while the file grew', 'aborted-by-peer': 'closed by the client', changed: 'cut off by the server: the file changed',
  truncated: 'cut off by the server: the file got shorter', 'read-error': 'cut off by the server: it could not be read', 'origin-cut': 'cut off by the origin',
  'origin-stalled': 'cut off: the origin sent nothing more', stalled: 'cut off by the server: the client took nothing', 'shut-down': 'cut off: the server stopped',
  'bad-head': 'no HTTP request', 'head-timeout': 'the head did not come in time', refused: 'refused by a limit',
};
const open = new Set();

export function showDiagram(place, group, oldestFirst, chosen) {
  if (!group) {
    refill(place, [make('p', { class: 'quiet' }, NOTHING)]);
    return;
  }
  const start = Date.parse(group.entries[0].time);
  let entries = group.entries.slice(-SHOWN_MAX);
  const hidden = group.entries.length - entries.length;
  if (chosen && !entries.some((entry) => entry.id === chosen)) {
    const at = group.entries.findIndex((entry) => entry.id === chosen);
    if (at >= 0) entries = group.entries.slice(at, at + SHOWN_MAX);
  }
  if (!oldestFirst) entries = [...entries].reverse();
  const more = hidden > 0 ? make('p', { class: 'quiet' }, `${counted(hidden, 'earlier exchange is', 'earlier exchanges are')} not drawn; the exports have them.`) : null;
  refill(place, [
    make('div', { class: 'actors', 'aria-hidden': 'true' }, make('span', null, group.client), make('span', null, group.entries.some((entry) => entry.because === 'forwarded') ? 'origin, through the lens' : 'server')),
    make('ol', { class: 'steps' }, entries.map((entry) => step(entry, start, entry.id === chosen))),
    more,
  ]);
}

function step(entry, start, chosen) {
  const running = entry.outcome === null;
  const kind = running ? 'running' : ['finished', 'grew'].includes(entry.outcome) ? 'done' : 'cut';
  const content = entry.method !== 'HEAD' && (entry.bytes_planned > 0 || entry.bytes_sent > 0);
  return make('li', { id: `x${entry.id}`, class: `step ${kind}${chosen ? ' chosen' : ''}`, tabindex: '-1' },
    make('div', { class: 'when quiet' },
      make('span', { class: 'number' }, `#${entry.id}`),
      make('time', { datetime: entry.time, title: clock(entry.time) }, `+${span(Date.parse(entry.time) - start)}`),
      entry.connection ? make('span', { title: 'the connection' }, `conn ${entry.connection}`) : null),
    make('div', { class: 'between' },
      make('p', { class: 'arrow right' }, make('span', { class: 'label' },
        make('b', null, entry.method ?? 'nothing readable'), ' ', entry.range ? make('code', null, entry.range) : make('span', { class: 'quiet' }, 'no Range'),
        entry.if_range ? make('span', { class: 'chip', title: entry.if_range }, 'If-Range') : null)),
      entry.status
        ? make('p', { class: 'arrow left' }, make('span', { class: 'label' },
          make('b', null, String(entry.status)), ' ', entry.content_range ? make('code', null, entry.content_range) : null,
          make('span', { class: 'quiet' }, ` ${entry.because ?? ''}`, entry.section ? ` §${entry.section}` : '')))
        : make('p', { class: 'quiet waiting' }, running ? 'waiting for the answer' : 'no answer'),
      content ? load(entry) : null,
      make('p', { class: `end ${kind}` }, running ? `under way for ${span(entry.millis)}` : `${ENDS[entry.outcome] ?? entry.outcome} after ${span(entry.millis)}`,
        entry.fault ? make('span', { class: 'quiet' }, `: ${entry.fault}`) : null),
      fields(entry)));
}

function load(entry) {
  const { bytes_sent: sent, bytes_planned: planned } = entry;
  const share = planned > 0 ? Math.min(1, sent / planned) : 1;
  const bar = make('span', { class: 'bar', 'aria-hidden': 'true' }, make('span', { class: 'sent' }));
  bar.firstChild.style.width = `${Math.max(share * 100, sent > 0 ? 0.6 : 0)}%`;
  return make('p', { class: 'load' }, bar, make('span', { title: `${grouped(sent)} of ${grouped(planned)} bytes` },
    `${shortLength(sent)} of ${shortLength(planned)}`));
}

function fields(entry) {
  const list = (title, fields) => make('div', null, make('h3', null, title),
    make('dl', null, fields.map(([name, value]) => make('div', null, make('dt', null, name), make('dd', null, value)))));
  const details = make('details', { class: 'fields' }, make('summary', { 'data-key': `fields ${entry.id}` }, 'Fields'),
    make('div', { class: 'heads' },
      list(`${entry.method ?? ''} ${entry.target ?? ''} ${entry.version ?? ''}`, entry.request),
      list(`${entry.status ?? 'no status'}${entry.first_octet_millis === null ? '' : `, head left after ${span(entry.first_octet_millis)}`}`, entry.answer)));
  details.open = open.has(entry.id);
  details.addEventListener('toggle', () => (details.open ? open.add(entry.id) : open.delete(entry.id)));
  return details;
}
