// Reads tiles of a PMTiles archive by ranges.
// In: URL, then tiles as Z/X/Y. Out, on stdout: JSON { maxZoom, tiles: { "Z/X/Y": { number, sha256 } | null } }.
import { createHash } from "node:crypto";
import { FetchSource, PMTiles, zxyToTileId } from "pmtiles";

const [url, ...names] = process.argv.slice(2);
const archive = new PMTiles(new FetchSource(url));
const { maxZoom } = await archive.getHeader();
const tiles = {};
for (const name of names) {
  const place = name.split("/").map(Number);
  const tile = await archive.getZxy(...place);
  tiles[name] = tile === undefined ? null : {
    number: zxyToTileId(...place),
    sha256: createHash("sha256").update(Buffer.from(tile.data)).digest("hex"),
  };
}
console.log(JSON.stringify({ maxZoom, tiles }));
