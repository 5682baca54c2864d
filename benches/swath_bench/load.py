"""The load: wrk, h2load, and three clients of our own for what those cannot do.

In: a running server and a row. Out: a `Sample` of what was answered meanwhile. Whatever was wrong, short or failed raises
`WrongAnswer`: such a run has no figures.
"""

import json
import os
import random
import re
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from .check import WrongAnswer
from .process import field as counted

# The longest head of an answer, and of a part, that a server is allowed before its answer counts as too long.
HEAD_MAX = 1024
PART_HEAD_MAX = 300
# Cold readers end by then, even if nobody ends them.
COLD_SECONDS_MAX = 60


@dataclass
class Sample:
    seconds: float
    requests: float
    octets: int
    p50: float = None  # milliseconds
    p99: float = None
    notes: dict = field(default_factory=dict)


def wrk(port, row, files, seconds, cores, script):
    group = row.group(files)
    threads = min(len(cores), row.connections)
    url = f"{'https' if row.tls else 'http'}://127.0.0.1:{port}/"
    arguments = [group.pattern, group.count, group.length, row.length, row.parts]
    output = _run(
        ["taskset", "-c", ",".join(map(str, cores)), "wrk", f"-t{threads}", f"-c{row.connections}", f"-d{seconds}s", "--timeout", "30s",
         "-s", str(script), url, "--", *map(str, arguments)], seconds,
    )
    found = re.search(r"^RESULT (.*)$", output, re.M)
    if found is None:
        raise WrongAnswer(f"wrk said no result:\n{output[-800:]}")
    told = json.loads(found.group(1))
    errors = {key: told[key] for key in ("connect", "read", "write", "status", "timeout") if told[key]}
    if errors:
        raise WrongAnswer(f"wrk counted {errors} in {told['requests']} answers")
    _right_length(told["requests"], told["bytes"], row.content_length(files), row)
    octets = told["bytes"]
    requests = told["requests"] if row.length else octets / group.length
    return Sample(told["micros"] / 1e6, requests, octets, told["p50"] / 1e3, told["p99"] / 1e3)


def _right_length(requests, octets, content, row):
    if requests == 0:
        raise WrongAnswer("not one answer")
    head = HEAD_MAX + row.parts * PART_HEAD_MAX
    if octets < requests * content:
        raise WrongAnswer(f"{requests} answers of {content} octets were {octets} octets: short")
    if octets > (requests + row.connections) * (content + head):
        raise WrongAnswer(f"{requests} answers of {content} octets were {octets} octets: too long")


def h2load(port, row, files, seconds, cores, directory: Path):
    """HTTP/2: the same range of each file in turn, since h2load sends one set of fields."""
    group = row.group(files)
    first = group.length // 3
    uris = directory / "uris"
    uris.write_text("".join(f"https://127.0.0.1:{port}{group.path(n)}\n" for n in range(group.count)))
    log = directory / "h2load.tsv"
    log.unlink(missing_ok=True)
    output = _run(
        ["taskset", "-c", ",".join(map(str, cores)), "h2load", f"-c{row.connections}", "-m100", f"-t{min(len(cores), row.connections)}",
         f"-D{seconds}", "-H", f"range: bytes={first}-{first + row.length - 1}", "-i", str(uris), f"--log-file={log}"], seconds,
    )
    answers = [line.split("\t") for line in log.read_text().splitlines()]
    log.unlink()
    statuses = {status for _, status, _ in answers}
    counts = re.search(r"requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored", output)
    data = re.search(r"traffic: .*\((\d+)\) data", output)
    if counts is None or data is None or statuses != {"206"} or int(counts.group(3)):
        raise WrongAnswer(f"h2load: statuses {sorted(statuses)}:\n{output[-800:]}")
    requests, octets = int(counts.group(2)), int(data.group(1))
    if octets < requests * row.length or octets > (requests + 100 * row.connections) * row.length:
        raise WrongAnswer(f"{requests} answers of {row.length} octets were {octets} octets")
    times = sorted(int(micros) / 1e3 for _, _, micros in answers)
    return Sample(seconds, requests, octets, _quantile(times, 0.5), _quantile(times, 0.99))


def _run(command, seconds):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds + 60)
    if done.returncode != 0:
        raise WrongAnswer(f"{command[3]} failed:\n{done.stdout[-800:]}")
    return done.stdout


def _quantile(ordered, share):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None


def _head(stream):
    """Reads a head; the status, the fields in lower case, and the octets of content that came with it."""
    got = b""
    while b"\r\n\r\n" not in got:
        piece = stream.recv(4096)
        if not piece or len(got) > 16384:
            raise WrongAnswer("the connection ended within a head")
        got += piece
    head, rest = got.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    return int(lines[0].split()[1]), fields, rest


def _whole(stream, path, length):
    stream.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    status, fields, rest = _head(stream)
    if status != 200 or fields.get("content-length") != str(length):
        raise WrongAnswer(f"{path}: status {status}, Content-Length {fields.get('content-length')}")
    return rest


def _open_range(stream, path, first, last=""):
    stream.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes={first}-{last}\r\n\r\n".encode())
    status, fields, rest = _head(stream)
    if status != 206 or not fields.get("content-range", "").startswith(f"bytes {first}-"):
        raise WrongAnswer(f"{path} from {first}: status {status}, Content-Range {fields.get('content-range')}")
    return rest


def _together(count, work, seconds):
    """Runs `work(number, end)` in as many threads until the time is over; the first thing that went wrong is raised."""
    wrong = []
    end = time.monotonic() + seconds

    def guarded(number):
        try:
            work(number, end)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=guarded, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 60)
    if wrong:
        raise wrong[0] if isinstance(wrong[0], WrongAnswer) else WrongAnswer(f"{type(wrong[0]).__name__}: {wrong[0]}")


def aborts(port, row, files, seconds):
    """As Chromium seeks: an open range, given up after 1 to 5 MB, and again elsewhere on a new connection."""
    group = row.group(files)
    done, waits = [], []

    def work(number, end):
        rng = random.Random(8206 + number)
        buffer = bytearray(256 * 1024)
        while time.monotonic() < end:
            path, first = group.path(rng.randrange(group.count)), rng.randrange(group.length // 2)
            begin = time.monotonic()
            with socket.create_connection(("127.0.0.1", port), timeout=20) as stream:
                rest = _open_range(stream, path, first)
                waits.append((time.monotonic() - begin) * 1e3)
                if rest != files.slice(path, first, len(rest)):
                    raise WrongAnswer(f"{path} from {first}: other octets than the file's")
                got, wanted = len(rest), rng.randint(1_000_000, 5_000_000)
                while got < wanted:
                    n = stream.recv_into(buffer)
                    if n == 0:
                        raise WrongAnswer(f"{path} from {first}: ended after {got} octets")
                    if buffer[0] != files.slice(path, first + got, 1)[0]:
                        raise WrongAnswer(f"{path} from {first}: other octets than the file's, {got} on")
                    got += n
            done.append(got)

    begin = time.monotonic()
    _together(row.connections, work, seconds)
    waits.sort()
    return Sample(time.monotonic() - begin, len(done), sum(done), _quantile(waits, 0.5), _quantile(waits, 0.99))


def idle(port, row, files, tree):
    """Opens connections, has one answer over each, and leaves them open; the memory is that of the server meanwhile."""
    group = row.group(files)
    before = tree.proportional_bytes()
    streams = []
    begin = time.monotonic()
    wanted = files.slice(group.path(0), 0, row.length)
    try:
        for _ in range(row.connections):
            stream = socket.create_connection(("127.0.0.1", port), timeout=20)
            streams.append(stream)
            content = _open_range(stream, group.path(0), 0, row.length - 1)
            while len(content) < row.length:
                piece = stream.recv(4096)
                if not piece:
                    raise WrongAnswer("ended within an answer")
                content += piece
            if content != wanted:
                raise WrongAnswer("other octets than the file's")
        seconds = time.monotonic() - begin
        time.sleep(1)
        memory = tree.proportional_bytes()
        for stream in streams:
            stream.setblocking(False)
            try:
                stream.recv(1)
                raise WrongAnswer("an idle connection was closed, or spoke unasked")
            except BlockingIOError:
                pass
    finally:
        for stream in streams:
            stream.close()
    notes = {"memory": memory, "each": (memory - before) / row.connections}
    return Sample(seconds, row.connections, row.connections * row.length, notes=notes)


class ColdReaders:
    """32 clients that read files which are not in memory, over and over, until the `with` ends.

    `rate` is the octets per second that were read, all readers together.
    """

    def __init__(self, port, files, tree, cores):
        self.port, self.files, self.tree, self.cores = port, files, tree, cores
        self.octets = [0] * files.cold.count
        self.fetched = 0
        self.rate = 0.0
        self.wrong = None
        self.over = threading.Event()

    def __enter__(self):
        for number in range(self.files.cold.count):
            self.files.forget(self.files.cold.path(number))
        self.fetched = self._disk_bytes()
        self.begun = time.monotonic()
        self.thread = threading.Thread(target=self._all, daemon=True)
        self.thread.start()
        time.sleep(0.2)
        return self

    def __exit__(self, kind, *_):
        self.rate = sum(self.octets) / (time.monotonic() - self.begun)
        self.over.set()
        self.thread.join(90)
        if kind is not None:
            return
        if self.wrong is not None:
            raise WrongAnswer(f"cold readers: {self.wrong}")
        fetched, octets = self._disk_bytes() - self.fetched, sum(self.octets)
        if octets == 0:
            raise WrongAnswer("cold readers: not one octet")
        if fetched < octets // 2:
            raise WrongAnswer(f"the cold files were not cold: {fetched} octets from disk for {octets} octets read")

    def _disk_bytes(self):
        return self.tree.disk_bytes()

    def _all(self):
        try:
            _together(self.files.cold.count, self._one, COLD_SECONDS_MAX)
        except WrongAnswer as error:
            self.wrong = error

    def _one(self, number, end):
        os.sched_setaffinity(0, self.cores)
        path = self.files.cold.path(number)
        buffer = bytearray(256 * 1024)
        while not self.over.is_set() and time.monotonic() < end:
            self.files.forget(path)
            self._read(number, path, buffer)

    def _read(self, number, path, buffer):
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as stream:
            got = len(_whole(stream, path, self.files.cold.length))
            self.octets[number] += got
            while got < self.files.cold.length and not self.over.is_set():
                n = stream.recv_into(buffer)
                if n == 0:
                    raise WrongAnswer(f"{path}: ended after {got} octets")
                if buffer[0] != self.files.slice(path, got, 1)[0]:
                    raise WrongAnswer(f"{path}: other octets than the file's, {got} on")
                got += n
                self.octets[number] += n


class ReadersBeside(ColdReaders):
    """The same readers, which read the same files off the disk by themselves, so that the server has no part in it.

    They read `wanted` octets per second all together, or as many as the disk gives: what they do to a server's other clients
    is done by the machine.
    """

    def __init__(self, files, cores, wanted):
        super().__init__(None, files, None, cores)
        self.pace = wanted / files.cold.count

    def _disk_bytes(self):
        return counted("/proc/self/io", "read_bytes", unit=1)

    def _read(self, number, path, buffer):
        with open(self.files.local(path), "rb", buffering=0) as file:
            while not self.over.is_set() and (n := file.readinto(buffer)):
                self.octets[number] += n
                ahead = self.octets[number] / self.pace - (time.monotonic() - self.begun)
                if ahead > 0:
                    self.over.wait(ahead)
