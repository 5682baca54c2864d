// The player page's own file map, where the server has an inspector: what of the film was played and is held, in time, and
// what of the file was fetched, and fetched again, in bytes. Runs after player.js, whose words it uses.

const filemap = by('filemap');
filemap.hidden = false;

// Draws [from, to] pairs of a whole as rectangles, one for each.
function drawSpans(group, kind, spans, whole) {
  while (group.childElementCount > spans.length) group.lastElementChild.remove();
  spans.forEach(([from, to], index) => {
    const span = group.children[index] ?? group.appendChild(document.createElementNS(SVG, 'rect'));
    span.setAttribute('class', kind);
    span.setAttribute('x', String((1000 * from) / whole));
    span.setAttribute('width', String(Math.max(1, (1000 * (to - from)) / whole)));
    span.setAttribute('y', '2');
    span.setAttribute('height', '12');
  });
}

function rangesOf(times) {
  return Array.from({ length: times.length }, (_, index) => [times.start(index), times.end(index)]);
}

// Which stretches were fetched at least once, and which more often.
function coverOf(spans) {
  const turns = spans.flatMap(([from, to]) => [[from, 1], [to, -1]]).sort((a, b) => a[0] - b[0]);
  const cover = { once: [], again: [], wasted: 0 };
  let [depth, since] = [0, 0];
  for (const [at, step] of turns) {
    if (depth > 0 && at > since) cover.once.push([since, at]);
    if (depth > 1 && at > since) {
      cover.again.push([since, at]);
      cover.wasted += (depth - 1) * (at - since);
    }
    depth += step;
    since = at;
  }
  return cover;
}

const sum = (spans) => spans.reduce((total, [from, to]) => total + to - from, 0);

function drawMap(fetched) {
  const known = Number.isFinite(media.duration) && media.duration > 0;
  const [played, held] = known ? [rangesOf(media.played), heldRanges()] : [[], []];
  const cover = coverOf(fetched);
  drawSpans(by('map-held'), 'held', held, media.duration);
  drawSpans(by('map-played'), 'span', played, media.duration);
  drawSpans(by('map-fetched'), 'span', cover.once, length);
  drawSpans(by('map-again'), 'again', cover.again, length);
  const time = `Played ${share(sum(played), known ? media.duration : 0)} of the film, ${share(sum(held), known ? media.duration : 0)} is held`;
  const bytes = `Fetched ${shortLength(sum(cover.once))} of ${shortLength(length)}; wasted ${shortLength(cover.wasted)}, which were fetched again`;
  say('map-time', time);
  say('map-bytes', bytes);
  by('map-of-time').setAttribute('aria-label', time);
  by('map-of-bytes').setAttribute('aria-label', bytes);
}

let askingFetched = false;

async function askFetched() {
  if (askingFetched || document.visibilityState !== 'visible' || quiet >= QUIET_MAX) return;
  askingFetched = true;
  try {
    const answer = await fetch(filemap.dataset.fetched, { cache: 'no-store', signal: AbortSignal.timeout(10000) });
    if (answer.ok) drawMap((await answer.json()).spans.map(({ first, sent }) => [first, first + sent]));
  } catch {
    // The server may be away for a while; the next turn asks again.
  }
  askingFetched = false;
}

askFetched();
setInterval(askFetched, 1000);
