"""Whether answers are right: status, Content-Range, and every octet of the content.

In: a connection's address and what a row asks for. Out: nothing, or `WrongAnswer`. Used before the clock runs, and all the
time while it runs (`Watch`), because the speed of wrong octets does not count.
"""

import http.client
import random
import re
import ssl
import threading
import time


class WrongAnswer(Exception):
    """A server answered, and not with what was asked for."""


def connect(port, tls):
    if not tls:
        return http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    # Self-signed, made for this run and on loopback: who answers is not in question.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=context)


def draw(group, length, parts, rng):
    """A path, and the ranges to ask of it, as (first, length); empty for the whole. The twin of lua/requests.lua."""
    path = group.path(rng.randrange(group.count))
    if length == 0:
        return path, []
    if parts == 1:
        return path, [(rng.randint(0, group.length - length), length)]
    stretch = group.length // parts
    return path, [(part * stretch + rng.randint(0, stretch // 2 - length), length) for part in range(parts)]


def ask(connection, files, group, length, parts, rng):
    """Asks once and compares; the number of octets of content."""
    path, ranges = draw(group, length, parts, rng)
    fields = {"Range": "bytes=" + ",".join(f"{first}-{first + n - 1}" for first, n in ranges)} if ranges else {}
    connection.request("GET", path, headers=fields)
    response = connection.getresponse()
    content = response.read()
    wanted = 206 if ranges else 200
    if response.status != wanted:
        raise WrongAnswer(f"{path} {fields}: status {response.status}, not {wanted}")
    if not ranges:
        _equal(content, files.slice(path, 0, group.length), path)
    elif len(ranges) == 1:
        _single(response.getheader("Content-Range"), content, files, path, ranges[0], group.length)
    else:
        _multipart(response.getheader("Content-Type"), content, files, path, ranges, group.length)
    return len(content)


def _equal(content, wanted, what):
    if content != wanted:
        raise WrongAnswer(f"{what}: {len(content)} octets that are not the {len(wanted)} of the file")


def _single(content_range, content, files, path, asked, complete_length):
    first, length = asked
    wanted = f"bytes {first}-{first + length - 1}/{complete_length}"
    if content_range != wanted:
        raise WrongAnswer(f"{path}: Content-Range {content_range}, not {wanted}")
    _equal(content, files.slice(path, first, length), f"{path} {wanted}")


def _multipart(content_type, content, files, path, ranges, complete_length):
    boundary = re.fullmatch(r'multipart/byteranges;\s*boundary="?([^";]+)"?', content_type or "")
    if boundary is None:
        raise WrongAnswer(f"{path}: Content-Type {content_type}, not multipart/byteranges")
    delimiter = b"--" + boundary.group(1).encode()
    at = 0
    for number, (first, length) in enumerate(ranges):
        begin = content.find(delimiter, at)
        head = content.find(b"\r\n\r\n", begin)
        if begin < 0 or head < 0:
            raise WrongAnswer(f"{path}: {number} parts, not the {len(ranges)} that were asked for")
        wanted = f"bytes {first}-{first + length - 1}/{complete_length}"
        if wanted.lower() not in content[at:head].decode("latin-1").lower():
            raise WrongAnswer(f"{path}: a part other than {wanted}")
        at = head + 4 + length
        _equal(content[head + 4 : at], files.slice(path, first, length), f"{path} {wanted}")
    if not content[at:].startswith(b"\r\n" + delimiter + b"--"):
        raise WrongAnswer(f"{path}: something after the last part")


def before(port, tls, files, group, length, parts):
    """Some answers, compared, before the clock runs."""
    rng = random.Random(8206)
    connection = connect(port, tls)
    try:
        for _ in range(2 if length == 0 else 12):
            ask(connection, files, group, length, parts, rng)
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise WrongAnswer(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()


class Watch:
    """Asks now and then beside the load, and compares; what it found is told at the end of the `with`."""

    def __init__(self, port, tls, files, group, length, parts, pause):
        self.arguments = (files, group, length, parts, random.Random(28))
        self.target = (port, tls)
        self.pause = pause
        self.octets = 0
        self.asked = 0
        self.wrong = None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        self.thread.join(30)
        if kind is None and self.thread.is_alive():
            raise WrongAnswer("while loaded: an answer did not end within 30 s")
        if kind is None and self.wrong is not None:
            raise WrongAnswer(f"while loaded: {self.wrong}")
        if kind is None and self.asked == 0:
            raise WrongAnswer("while loaded: not one answer to compare")

    def _run(self):
        connection = connect(*self.target)
        try:
            while not self.over.is_set():
                self.octets += ask(connection, *self.arguments)
                self.asked += 1
                time.sleep(self.pause)
        except Exception as error:  # whatever it was, it is told
            self.wrong = f"{type(error).__name__}: {error}"
        finally:
            connection.close()
