// What is wrong or wasted, and what cures it; and why each answer is as it is.

import { make, refill } from './build.js';
import { findingsOf } from './store.js';
import { NOTHING, counted } from './words.js';

const WEIGHT = { broken: 'Breaks a rule', waste: 'Wastes', note: 'Note' };

export function showWhy(place, findings, group, reasons, goTo) {
  if (!group) {
    refill(place, [make('p', { class: 'quiet' }, NOTHING)]);
    return;
  }
  const told = findingsOf(group.entries, findings);
  const list = told.length
    ? make('ul', { class: 'findings' }, told.map((finding) => one(finding, goTo)))
    : make('p', { class: 'quiet' }, 'Nothing to complain about, on either side.');
  refill(place, [list, because(group.entries, reasons)]);
}

function one(finding, goTo) {
  const { weight, side, section, title, said, cure, check, ids, count } = finding;
  const sources = [section && source(section), check && `swath audit: ${check}`].filter(Boolean);
  return make('li', { class: `finding ${weight}` },
    make('p', { class: 'title' }, make('span', { class: 'weight' }, WEIGHT[weight]), ' ', title,
      make('span', { class: 'side quiet' }, side === 'server' ? ' by the server' : ' by the client')),
    make('p', { class: 'said' }, make('code', null, said)),
    make('p', { class: 'cure' }, make('strong', null, 'Cure: '), cure),
    make('p', { class: 'quiet small' },
      sources.length ? `${sources.join(', ')}. ` : '',
      count > 1 ? `${counted(count, 'exchange', 'exchanges')}: ` : 'Exchange ',
      ids.slice(0, 8).map((id, index) => [index ? ', ' : '', make('a', { href: `#x${id}`, onclick: (event) => { event.preventDefault(); goTo(id); } }, `#${id}`)]).flat(),
      count > 8 ? ' …' : ''));
}

// A section with its document, which is RFC 9110 where no other is named.
function source(section) {
  const [first, rest] = section.split(' ');
  if (!/^\d/.test(first)) return section;
  return rest ? `RFC ${first} ${rest}` : `RFC 9110 §${first}`;
}

// How often each decision was taken, in words.
function because(entries, reasons) {
  const counts = new Map();
  for (const { because, section } of entries) {
    if (because) counts.set(because, { section, count: (counts.get(because)?.count ?? 0) + 1 });
  }
  if (counts.size === 0) return null;
  return make('details', { class: 'reasons' },
    make('summary', null, 'Why these answers'),
    make('ul', null, [...counts].map(([key, { section, count }]) => make('li', null,
      make('code', null, key), ` ${reasons[key] ?? ''}`, section ? make('span', { class: 'quiet' }, ` (§${section})`) : null,
      make('span', { class: 'quiet' }, `, ${counted(count, 'time', 'times')}`)))));
}
