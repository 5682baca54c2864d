// Reads one window of a tiled GeoTIFF by ranges.
// In: URL, most ranges in one request (0: one range per request), left, top, right, bottom.
// Out, on stdout: JSON { width, height, bounds, sha256 } of the image and of the window's samples.
import { createHash } from "node:crypto";
import { register } from "node:module";

const [url, maxRanges, ...edges] = process.argv.slice(2);
if (Number(maxRanges) > 0) {
  register("./geotiff_repair.mjs", import.meta.url);
}
const { fromUrl } = await import("geotiff");
// Blocks that are missing are asked for together; several runs of them travel in one request if ranges allow.
const tiff = await fromUrl(url, { maxRanges: Number(maxRanges), blockSize: 16384, allowFullFile: false });
const image = await tiff.getImage();
const [samples] = await image.readRasters({ window: edges.map(Number) });
console.log(
  JSON.stringify({
    width: image.getWidth(),
    height: image.getHeight(),
    bounds: image.getBoundingBox(),
    sha256: createHash("sha256").update(samples).digest("hex"),
  }),
);
