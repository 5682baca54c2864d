// The inspector's page: hears what happens, keeps it, and shows what the filters let through.

import { make, refill } from './build.js';
import { showDiagram } from './diagram.js';
import { showFiles, showLack } from './files.js';
import { showMap } from './map.js';
import { addEnded, clear, clientOf, everything, findingsOf, groupOf, groups, setRunning, shown, store } from './store.js';
import { showWhy } from './why.js';
import { counted, grouped, shortLength } from './words.js';

const by = (id) => document.getElementById(id);
let chosen = null;
let marked = null;
let paused = false;
let waiting = [];
let drawn = false;
// What may wait while paused; then the page starts afresh from what the server keeps.
const WAITING_MAX = 2000;

// --- Showing

function later() {
  if (drawn) return;
  drawn = true;
  // A hidden page draws nothing; it catches up when it is looked at.
  (document.hidden ? (act) => setTimeout(act, 1000) : requestAnimationFrame)(() => { drawn = false; show(); });
}

function show() {
  const entries = shown();
  const all = groups(entries);
  if (chosen === null || !all.some((group) => group.key === chosen)) chosen = all[0]?.key ?? null;
  const group = all.find((one) => one.key === chosen);
  const known = everything();
  showFigures(entries, all);
  showLack(by('lack'), entries.length, known.length, store.hello.source);
  showFiles(by('files'), all, store.findings, chosen, (key) => { chosen = key; marked = null; show(); });
  showWhy(by('why'), store.findings, group, store.hello.reasons, goTo);
  showMap(by('map'), group, goTo);
  showDiagram(by('diagram'), group, by('oldest').checked, marked);
  options(by('by-client'), known.map(clientOf));
  options(by('by-reason'), known.map((entry) => entry.because));
}

function showFigures(entries, all) {
  const sum = (list, of) => list.reduce((total, one) => total + of(one), 0);
  const serious = findingsOf(entries, store.findings).filter((finding) => finding.weight !== 'note').length;
  const figures = [
    ['Exchanges', grouped(entries.length)],
    ['Bytes sent', shortLength(sum(entries, (entry) => entry.bytes_sent))],
    ['Sent again', shortLength(sum(all, (group) => group.again))],
    ['Broken off', grouped(entries.filter((entry) => entry.outcome && !['finished', 'grew'].includes(entry.outcome)).length)],
    ['Warnings', grouped(serious)],
  ];
  refill(by('figures'), figures.map(([name, value]) => make('div', null, make('dt', null, name), make('dd', null, value))));
}

function options(select, values) {
  // What is filtered by stays there to be seen, whether or not there is any of it left.
  const wanted = [...new Set([...values, select.value].filter(Boolean))].sort();
  if (wanted.join('\n') === [...select.options].slice(1).map((option) => option.value).join('\n')) return;
  const value = select.value;
  select.replaceChildren(select.options[0], ...wanted.map((one) => make('option', { value: one }, one)));
  select.value = value;
}

function goTo(id) {
  const entry = store.ended.get(id) ?? store.running.get(id);
  if (!entry) return;
  chosen = groupOf(entry);
  marked = id;
  show();
  const step = by(`x${id}`);
  step?.scrollIntoView({ block: 'center', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
  step?.focus({ preventScroll: true });
}

// --- Hearing

const HEAR = {
  hello: (data) => { store.hello = data; },
  exchanges: addEnded,
  running: setRunning,
  findings: (data) => { store.findings = data; },
  missed: (data) => { store.missed += data.missed; },
  'passed-over': (data) => { store.passedOver = data.passed_over; },
  cleared: () => { clear(); chosen = null; },
};

function hear(name, data) {
  if (paused && name !== 'cleared') {
    if (waiting.length < WAITING_MAX) waiting.push([name, data]);
  } else {
    HEAR[name](data);
    later();
  }
  tellState();
}

const stream = new EventSource('api/events');
for (const name of Object.keys(HEAR)) stream.addEventListener(name, (event) => hear(name, JSON.parse(event.data)));
stream.addEventListener('open', () => { by('state').dataset.lost = 'no'; tellState(); });
stream.addEventListener('error', () => { by('state').dataset.lost = 'yes'; tellState(); });

function tellState() {
  const parts = [];
  if (by('state').dataset.lost === 'yes') parts.push('not connected, trying again');
  if (paused) parts.push(`paused, ${counted(waiting.length, 'event waits', 'events wait')}`);
  if (store.missed) parts.push(`${counted(store.missed, 'older exchange is', 'older exchanges are')} gone`);
  if (store.passedOver) {
    const why = store.hello.source === 'live' ? `more than ${grouped(store.hello.details_per_second)} a second` : 'more than are held';
    parts.push(`${counted(store.passedOver, 'exchange was', 'exchanges were')} not kept: ${why}`);
  }
  const text = parts.length ? `(${parts.join('; ')})` : '';
  if (by('state').textContent !== text) by('state').textContent = text;
}

// One sentence now and then for those who listen, and only when it says something new.
let told = '';
setInterval(() => {
  const sentence = `${counted(store.ended.size, 'exchange', 'exchanges')}, ${counted(store.findings.length, 'finding', 'findings')}`;
  if (sentence !== told) by('said').textContent = sentence;
  told = sentence;
}, 15000);

// --- Acting

function setPaused(flag) {
  paused = flag;
  by('pause')?.setAttribute('aria-pressed', String(flag));
  if (by('pause')) by('pause').textContent = flag ? 'Go on' : 'Pause';
  if (!flag) {
    const [missed, all] = [waiting.length >= WAITING_MAX, waiting];
    waiting = [];
    if (missed) location.reload();
    else all.forEach(([name, data]) => HEAR[name](data));
    later();
  }
  tellState();
}

by('pause')?.addEventListener('click', () => setPaused(!paused));
by('clear')?.addEventListener('click', () => fetch('api/clear', { method: 'POST' }));
by('oldest').addEventListener('change', show);

const FILTERS = { 'by-path': 'path', 'by-client': 'client', 'by-status': 'status', 'by-reason': 'reason' };

function takeFilters() {
  for (const [id, name] of Object.entries(FILTERS)) store.filter[name] = by(id).value;
  for (const link of by('exports').querySelectorAll('a')) link.href = `api/export.${link.dataset.form}${query()}`;
}

by('filters').addEventListener('input', () => { takeFilters(); later(); });
// The fields are empty only once everybody has heard of it.
by('filters').addEventListener('reset', () => setTimeout(() => {
  takeFilters();
  show();
  by('files').querySelector('button')?.focus({ preventScroll: true });
}));
by('filters').addEventListener('submit', (event) => event.preventDefault());

// What is exported is what the filters let through; a client goes by its address.
function query() {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(store.filter)) {
    if (value) asked.set(name, name === 'client' ? value.replace(/^.* at /, '') : value);
  }
  return asked.size ? `?${asked}` : '';
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest('input, select, textarea')) return;
  if (event.key === 'p' && by('pause')) setPaused(!paused);
  else if (event.key === '/') {
    event.preventDefault();
    by('by-path').focus();
  }
});
document.addEventListener('visibilitychange', later);
// A browser may have kept what the filters said when the page was left.
takeFilters();
show();
