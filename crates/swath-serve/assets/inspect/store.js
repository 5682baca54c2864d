// What is known: exchanges by their number, findings, and what of it the filters let through.

import { address, agent, contentRange, field } from './words.js';

// As many as the server keeps of a recording; of a live server it keeps fewer.
const KEPT_MAX = 50000;

export const store = {
  hello: { source: 'live', name: '', reasons: {} },
  ended: new Map(),
  running: new Map(),
  findings: [],
  missed: 0,
  passedOver: 0,
  filter: { path: '', client: '', status: '', reason: '' },
};

export function addEnded(entries) {
  for (const entry of entries) {
    store.ended.set(entry.id, entry);
    store.running.delete(entry.id);
  }
  while (store.ended.size > KEPT_MAX) store.ended.delete(store.ended.keys().next().value);
}

export function setRunning(entries) {
  store.running = new Map(entries.filter((entry) => !store.ended.has(entry.id)).map((entry) => [entry.id, entry]));
}

export function clear() {
  store.ended.clear();
  store.findings = [];
  store.missed = 0;
  store.passedOver = 0;
}

export const pathOf = (entry) => (entry.target ?? '').split('?')[0];
// The target without what a player's page adds to it.
const nameOf = (entry) => (entry.target ?? '(no request)').replace(/([?&])(view=\*|download)(?=&|$)/g, '$1').replace(/[?&]+$/, '');
export const isOwn = (entry) => pathOf(entry).startsWith('/.swath/');
export const clientOf = (entry) => {
  const name = agent(field(entry.request, 'user-agent'));
  return name ? `${name} at ${address(entry.peer)}` : address(entry.peer);
};
export const groupOf = (entry) => `${entry.resource ?? '-'} ${clientOf(entry)}`;

function passes(entry) {
  const { path, client, status, reason } = store.filter;
  return !isOwn(entry)
    && (!path || (entry.target ?? '').toLowerCase().includes(path.toLowerCase()))
    && (!client || clientOf(entry) === client)
    && (!status || String(entry.status ?? '').startsWith(status))
    && (!reason || entry.because === reason);
}

// Every exchange, in the order in which they began.
export function everything() {
  return [...store.ended.values(), ...store.running.values()].filter((entry) => !isOwn(entry)).sort((a, b) => a.id - b.id);
}

export const shown = () => everything().filter(passes);

// Those findings that name one of these exchanges.
export function findingsOf(entries, findings) {
  const ids = new Set(entries.map((entry) => entry.id));
  return findings.filter((finding) => finding.ids.some((id) => ids.has(id)));
}

// Exchanges by file and client, the one that was active last first.
export function groups(entries) {
  const groups = new Map();
  for (const entry of entries) {
    const key = groupOf(entry);
    const group = groups.get(key) ?? { key, path: nameOf(entry), client: clientOf(entry), entries: [] };
    group.entries.push(entry);
    groups.set(key, group);
  }
  for (const group of groups.values()) measure(group);
  return [...groups.values()].sort((a, b) => b.entries.at(-1).id - a.entries.at(-1).id);
}

// Which bytes of the file left, as [first, end), where that can be told.
export function sentSpan(entry) {
  const coding = field(entry.answer, 'content-encoding');
  if (entry.method !== 'GET' || (coding && coding !== 'identity') || !entry.bytes_sent) return null;
  if (entry.status === 200) return [0, entry.bytes_sent];
  const range = entry.status === 206 ? contentRange(entry.content_range) : null;
  return range && [range.first, range.first + entry.bytes_sent];
}

export function promisedSpan(entry, length) {
  if (entry.status === 200) return [0, entry.bytes_planned || length];
  const range = entry.status === 206 ? contentRange(entry.content_range) : null;
  return range && [range.first, range.last + 1];
}

function measure(group) {
  group.bytes = 0;
  group.length = 0;
  for (const entry of group.entries) {
    group.bytes += entry.bytes_sent;
    const range = contentRange(entry.content_range);
    const whole = entry.status === 200 && entry.method === 'GET' ? entry.bytes_planned : 0;
    group.length = Math.max(group.length, range?.complete ?? 0, range ? range.last + 1 : 0, whole);
  }
  const spans = group.entries.map(sentSpan).filter(Boolean);
  group.cover = cover(spans);
  group.again = group.cover.reduce((sum, [from, to, times]) => sum + (times - 1) * (to - from), 0);
}

// How often each stretch was sent: [from, to, times], in order, without those that never were.
export function cover(spans) {
  const turns = spans.flatMap(([from, to]) => [[from, 1], [to, -1]]).sort((a, b) => a[0] - b[0]);
  const stretches = [];
  let [depth, since] = [0, 0];
  for (const [at, step] of turns) {
    if (depth > 0 && at > since) {
      const last = stretches.at(-1);
      if (last && last[1] === since && last[2] === depth) last[1] = at;
      else stretches.push([since, at, depth]);
    }
    depth += step;
    since = at;
  }
  return stretches;
}
