// The list of files and who asked for them: one button each; and what the filters hide of it.

import { make, refill } from './build.js';
import { findingsOf } from './store.js';
import { counted, grouped, shortLength } from './words.js';

const SHOWN_MAX = 200;

export function showFiles(place, groups, findings, chosen, choose) {
  const rows = groups.slice(0, SHOWN_MAX).map((group) => {
    const told = findingsOf(group.entries, findings);
    const running = group.entries.filter((entry) => entry.outcome === null && !entry.ended).length;
    return make('li', null, make('button', {
      type: 'button', 'data-key': group.key, 'aria-pressed': String(group.key === chosen), onclick: () => choose(group.key),
    },
    make('span', { class: 'path' }, make('bdi', null, group.path)),
    make('span', { class: 'who quiet' }, group.client),
    make('span', { class: 'sum' },
      counted(group.entries.length, 'exchange', 'exchanges'), ', ',
      group.length ? `${shortLength(group.bytes)} of ${shortLength(group.length)}` : shortLength(group.bytes),
      running ? make('span', { class: 'live' }, `${running} running`) : null,
      marks(told))));
  });
  if (groups.length > SHOWN_MAX) rows.push(make('li', { class: 'quiet' }, `and ${grouped(groups.length - SHOWN_MAX)} more: filter by path`));
  refill(place, rows);
}

// Says why the list is empty, or shorter than it would be.
export function showLack(place, shown, all, source) {
  const hidden = all - shown;
  if (hidden > 0) {
    refill(place, [`The filters hide ${counted(hidden, 'exchange', 'exchanges')}. `, make('button', { type: 'reset', form: 'filters', class: 'button', 'data-key': 'reset' }, 'Show all')]);
  } else {
    refill(place, [all === 0 && (source === 'live' ? 'Nothing yet. Open, play or fetch something from the server.' : 'Nothing was recorded.')]);
  }
}

function marks(told) {
  const serious = told.filter((finding) => finding.weight !== 'note').length;
  return serious ? make('span', { class: 'mark' }, counted(serious, 'warning', 'warnings')) : null;
}
