// A module hook that repairs geotiff.js's reader of multipart/byteranges as it is loaded.
//
// The reader forgets the CRLF after a delimiter, takes each part two octets early, and makes up for it when it steps to the next,
// whatever server answers (seen in every release from 2.0.4 to 3.0.5). The rest of its reading is sound and is what the test is about.
// Releases after 2.1.3 no longer send several ranges in one request, so that version is the one in package.json.
const repairs = [
  [
    "const startOfData = offset + startBoundary.length + endOfHeaders + CRLFCRLF.length;",
    "const startOfData = offset + startBoundary.length + 2 + endOfHeaders + CRLFCRLF.length;",
  ],
  ["offset = startOfData + length + 4;", "offset = startOfData + length + 2;"],
];

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  if (!url.endsWith("/geotiff/dist-module/source/httputils.js")) {
    return loaded;
  }
  let source = loaded.source.toString();
  for (const [wrong, right] of repairs) {
    if (!source.includes(wrong)) {
      throw new Error(`geotiff.js no longer has the line that this hook repairs: ${wrong}`);
    }
    source = source.replace(wrong, right);
  }
  return { ...loaded, source };
}
