// The script of the player page: shows which times of the film the browser holds, and what the server has sent for them.
// The page works without it: the media element keeps its own controls.

const by = (id) => document.getElementById(id);
const media = by('media');
const gauge = by('gauge');
const length = Number(gauge.dataset.length);
const SVG = 'http://www.w3.org/2000/svg';

for (const id of ['gauge', 'figures', 'start', 'keys']) by(id).hidden = false;

// --- Words

function clock(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  const whole = Math.floor(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, String(whole % 60).padStart(2, '0')];
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${s}` : `${m}:${s}`;
}

function shortLength(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  let [value, unit] = [bytes / 1024, 0];
  while (value >= 1023.95 && unit + 1 < units.length) [value, unit] = [value / 1024, unit + 1];
  return `${value.toFixed(value < 99.95 ? 1 : 0)} ${units[unit]}`;
}

// Below ten a share keeps its tenths: 0.4% of a long film is a figure worth reading.
function share(part, whole) {
  if (!(whole > 0)) return '–';
  const percent = (100 * part) / whole;
  return percent > 0 && percent < 9.95 ? `${percent.toFixed(1)}%` : `${Math.round(percent)}%`;
}

function say(id, text) {
  const element = by(id);
  if (element.textContent !== text) element.textContent = text;
}

// --- Where to start: #t=90, #t=1:30, #t=npt:90,120 (only the start counts)

function startOf(hash) {
  const match = /(?:^#|&)t=(?:npt:)?(\d+(?::\d{1,2}){0,2}(?:\.\d+)?)/.exec(hash);
  return match && match[1].split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

function goTo(seconds) {
  const limit = Number.isFinite(media.duration) ? media.duration : Infinity;
  media.currentTime = Math.min(Math.max(seconds, 0), limit);
}

function followHash() {
  const start = startOf(location.hash);
  if (start === null) return;
  goTo(start);
  // Before the metadata are there the element only notes the start; engines differ in keeping it.
  if (media.readyState === 0) {
    media.addEventListener('loadedmetadata', () => {
      if (Math.abs(media.currentTime - start) > 1) goTo(start);
    }, { once: true });
  }
}

// --- What is held

// The ranges as [from, to] in seconds; a crack of less than a tenth, between two samples say, is no gap to a person.
function heldRanges() {
  const ranges = [];
  for (let index = 0; index < media.buffered.length; index += 1) {
    const [from, to] = [media.buffered.start(index), media.buffered.end(index)];
    const last = ranges.at(-1);
    if (last && from - last[1] < 0.1) last[1] = to;
    else ranges.push([from, to]);
  }
  return ranges;
}

function drawHeld() {
  const { duration, currentTime } = media;
  const known = Number.isFinite(duration) && duration > 0;
  const ranges = known ? heldRanges() : [];
  const spans = by('spans');
  while (spans.childElementCount > ranges.length) spans.lastElementChild.remove();
  ranges.forEach(([from, to], index) => {
    const span = spans.children[index] ?? spans.appendChild(document.createElementNS(SVG, 'rect'));
    span.setAttribute('class', 'span');
    span.setAttribute('x', String((1000 * from) / duration));
    span.setAttribute('y', '6');
    span.setAttribute('width', String(Math.max(1, (1000 * (to - from)) / duration)));
    span.setAttribute('height', '12');
  });
  // The drawing is stretched to the width of the page; its head stays three pixels wide.
  const width = 3000 / Math.max(by('held').clientWidth, 1);
  by('head').setAttribute('width', String(width));
  by('head').setAttribute('x', String(known ? ((1000 - width) * currentTime) / duration : 0));

  const told = ranges.map(([from, to]) => `${clock(from)}–${clock(to)}`).join(', ');
  const text = told ? `Held: ${told}` : 'Nothing held';
  say('held-text', text);
  if (by('held').getAttribute('aria-label') !== text) by('held').setAttribute('aria-label', text);
  const waiting = media.seeking || (!media.paused && media.readyState < media.HAVE_FUTURE_DATA);
  const time = known ? `${clock(currentTime)} of ${clock(duration)}` : clock(currentTime);
  say('now', waiting && !media.error ? `${time}, fetching` : time);
  say('held-share', known ? share(ranges.reduce((sum, [from, to]) => sum + to - from, 0), duration) : '–');

  const link = new URL(location.href);
  link.hash = `t=${Math.floor(currentTime)}`;
  if (by('link').value !== link.href) by('link').value = link.href;
}

// --- What it has cost: asked about once per second while somebody looks and something may move

const QUIET_MAX = 15;
let quiet = 0;
let asking = false;
let gone = false;
let last = '';

function wake() {
  quiet = 0;
}

async function askCost() {
  if (asking || gone || document.visibilityState !== 'visible' || quiet >= QUIET_MAX) return;
  asking = true;
  try {
    const answer = await fetch(gauge.dataset.cost, { cache: 'no-store', signal: AbortSignal.timeout(10000) });
    gone = answer.status === 404;
    if (answer.ok) showCost(await answer.json());
  } catch {
    // The server may be away for a while; the next turn asks again.
  }
  quiet = media.paused ? quiet + 1 : 0;
  asking = false;
}

function showCost({ bytes, requests }) {
  const now = `${bytes}/${requests}`;
  if (now !== last) wake();
  last = now;
  say('bytes', shortLength(bytes));
  by('bytes').title = `${bytes.toLocaleString('en')} of ${length.toLocaleString('en')} bytes`;
  say('share', share(bytes, length));
  say('requests', String(requests));
}

// --- Faults, in words

function showFault() {
  const words = {
    1: 'Loading was stopped. Reload the page to go on.',
    2: 'The connection broke while the film was being fetched. Reload the page to try again; it starts where the link says.',
    3: 'The file was fetched but could not be decoded: it may be damaged, or made in a way this browser cannot read.',
    4: 'This browser cannot play the file, or it could not be fetched. The file itself can be downloaded below.',
  };
  const fault = by('fault');
  fault.hidden = !media.error;
  if (!media.error) return;
  const detail = media.error.message ? ` (${media.error.message})` : '';
  say('fault', (words[media.error.code] ?? 'The film could not be played.') + detail);
}

// --- Keys and clicks

function turn(flag) {
  if (flag) media.play().catch(showFault);
  else media.pause();
}

function turnCaptions() {
  const tracks = Array.from(media.textTracks).filter((track) => track.kind !== 'chapters');
  const showing = tracks.findIndex((track) => track.mode === 'showing');
  tracks.forEach((track) => { track.mode = 'disabled'; });
  // Each press goes to the next track, and after the last to none.
  if (tracks[showing + 1]) tracks[showing + 1].mode = 'showing';
}

function turnWholeScreen() {
  const ask = media.requestFullscreen ?? media.webkitRequestFullscreen;
  if (document.fullscreenElement) document.exitFullscreen();
  else if (ask) Promise.resolve(ask.call(media)).catch(() => {});
}

const KEYS = {
  ' ': () => turn(media.paused),
  k: () => turn(media.paused),
  ArrowLeft: () => goTo(media.currentTime - 5),
  ArrowRight: () => goTo(media.currentTime + 5),
  j: () => goTo(media.currentTime - 10),
  l: () => goTo(media.currentTime + 10),
  m: () => { media.muted = !media.muted; },
  c: turnCaptions,
  f: turnWholeScreen,
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  if (event.target.closest('input, summary, pre') || (event.key === ' ' && event.target.closest('a, button'))) return;
  const tenth = /^[0-9]$/.test(event.key) && Number.isFinite(media.duration);
  const act = tenth ? () => goTo((media.duration * Number(event.key)) / 10) : KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

by('held').addEventListener('click', (event) => {
  const box = by('held').getBoundingClientRect();
  if (Number.isFinite(media.duration)) goTo(((event.clientX - box.left) / box.width) * media.duration);
});

by('link').addEventListener('focus', () => by('link').select());

by('copy').addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(by('link').value);
    say('copied', 'Copied');
  } catch {
    // Over plain HTTP from another machine there is no clipboard: the text is marked, ready for Ctrl-C.
    by('link').select();
    say('copied', 'Press Ctrl-C');
  }
  setTimeout(() => say('copied', ''), 3000);
});

// --- Begin

for (const name of ['progress', 'timeupdate', 'seeking', 'seeked', 'durationchange', 'loadedmetadata', 'emptied', 'suspend', 'waiting', 'canplay']) {
  media.addEventListener(name, drawHeld);
}
for (const name of ['play', 'seeking', 'progress', 'waiting', 'loadstart']) media.addEventListener(name, wake);
for (const name of ['error', 'loadstart', 'playing']) media.addEventListener(name, showFault);
addEventListener('resize', drawHeld);
document.addEventListener('visibilitychange', () => { wake(); askCost(); });
addEventListener('hashchange', followHash);

followHash();
drawHeld();
showFault();
askCost();
setInterval(() => { drawHeld(); askCost(); }, 1000);
