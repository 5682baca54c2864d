// A host of `send`, as its documentation shows it. In: ROOT PORT. Out: the folder on 127.0.0.1.
import http from "node:http";
import send from "send";

const [root, port] = process.argv.slice(2);
http
  .createServer((request, response) => send(request, new URL(request.url, "http://localhost").pathname, { root }).pipe(response))
  .listen(Number(port), "127.0.0.1");
