// Reads one page's text and picture out of a PDF by ranges, with pdf.js as a viewer would use it.
// In: URL, page number. Out, on stdout: JSON { pages, text, pictures: [[width, height], …] }.
import { getDocument, OPS, VerbosityLevel } from "pdfjs-dist/legacy/build/pdf.mjs";

const [url, page] = process.argv.slice(2);
const loading = getDocument({
  url,
  // Only what is asked for: neither the rest of the first answer nor the rest of the file.
  disableStream: true,
  disableAutoFetch: true,
  rangeChunkSize: 65536,
  isEvalSupported: false,
  useSystemFonts: false,
  verbosity: VerbosityLevel.ERRORS,
});
const document = await loading.promise;
const wanted = await document.getPage(Number(page));
const { items } = await wanted.getTextContent();
const { fnArray, argsArray } = await wanted.getOperatorList();
const pictures = argsArray.filter((_, n) => fnArray[n] === OPS.paintImageXObject).map(([, width, height]) => [width, height]);
console.log(JSON.stringify({ pages: document.numPages, text: items.map((item) => item.str).join(""), pictures }));
await loading.destroy();
