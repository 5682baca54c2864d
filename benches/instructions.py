#!/usr/bin/env python3
"""Counts the instructions that hot requests cost, and says what grew since the figures in instructions.json were accepted.

Each request is asked N times and then 2 N times of the real server under callgrind, on one worker; the difference, by N, is what one costs
in user space. It repeats within a per cent or two on the same processor, whatever else the machine does, so that 10 % more is a
change of ours. What the kernel does is not in it.
"""

import argparse
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from swath_bench.measure import free_port, make_certificate

ACCEPTED = HERE / "instructions.json"
WORSE = 1.10
LENGTH = 4 << 20
# What callgrind may be without: the file is opened once, and hot requests find it open.
OPENAT2 = "437"


@dataclass(frozen=True)
class Hot:
    """One kind of request: how the server is started for it, and what is asked."""

    key: str
    title: str
    length: int = 0  # of a range; 0: no server, only the pure part
    parts: int = 1
    times: int = 0
    arguments: tuple = ()
    tls: bool = False
    log: str = "off"


HOT = [
    Hot("answer", "decide, compose and write_head of one range", times=10_000),
    Hot("1k", "1 KiB range", 1024, times=1000),
    Hot("1k-log", "1 KiB range, --log json", 1024, times=1000, log="json"),
    Hot("1k-inspect", "1 KiB range, --inspect, kept", 1024, times=500, arguments=("--inspect=127.0.0.1:0",)),
    Hot("1k-hyper", "1 KiB range, --fast-path off", 1024, times=1000, arguments=("--fast-path", "off")),
    Hot("64k", "64 KiB range", 64 << 10, times=500),
    Hot("parts", "32 ranges of 1 KiB in one request", 1024, parts=32, times=300, arguments=("--parts-max", "32")),
    Hot("tls-64k", "64 KiB range over TLS", 64 << 10, times=200, tls=True),
]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--swath", type=Path, default=HERE.parent / "target/dist/swath", help="the binary to measure")
    parser.add_argument("--answer", type=Path, help="the program of crates/byteranges/benches/count.rs; without it, that row is left out")
    parser.add_argument("--rows", help="only these: " + ",".join(hot.key for hot in HOT))
    parser.add_argument("--accept", action="store_true", help=f"write {ACCEPTED.name}: what is found now is what later runs are held to")
    parser.add_argument("--report", action="store_true", help="say what grew, and end well all the same")
    parser.add_argument("--keep", type=Path, help="leave callgrind's files here, for callgrind_annotate")
    return parser.parse_args()


def content():
    """Octets that do not repeat within the file."""
    return b"".join(number.to_bytes(8, "big") for number in range(LENGTH // 8))


def ranges(hot, number):
    """The ranges of the nth request, spread over the file."""
    stretch = LENGTH // hot.parts
    place = (number * 7919 * 512) % (stretch // 2 - hot.length) if hot.parts > 1 else (number * 7919 * 512) % (LENGTH - hot.length)
    return [(part * stretch + place, hot.length) for part in range(hot.parts)]


def ask(stream, hot, number, octets):
    """Asks once and compares the answer."""
    asked = ranges(hot, number)
    specs = ",".join(f"{first}-{first + length - 1}" for first, length in asked)
    stream.sendall(f"GET /file.bin HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes={specs}\r\n\r\n".encode())
    received = b""
    while b"\r\n\r\n" not in received:
        received += receive(stream)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)\r\ncontent-length: (\d+)", head).group(1))
    pieces = [body]
    missing = length - len(body)
    while missing > 0:
        pieces.append(receive(stream))
        missing -= len(pieces[-1])
    body = b"".join(pieces)
    right = head.startswith(b"HTTP/1.1 206") and len(body) == length
    right = right and (body == octets[asked[0][0] : asked[0][0] + hot.length] if hot.parts == 1 else all(octets[first : first + n] in body for first, n in asked))
    if not right:
        sys.exit(f"{hot.key}: wrong octets after {head[:200]!r}")


def receive(stream):
    some = stream.recv(1 << 18)
    if not some:
        sys.exit("the server closed the connection before its answer was over")
    return some


def counted(errors):
    found = re.search(r"Collected : (\d+)", errors)
    if found is None:
        sys.exit(f"callgrind counted nothing:\n{errors[-2000:]}")
    unknown = set(re.findall(r"unhandled \S+ syscall: (\d+)", errors)) - {OPENAT2}
    if unknown:
        sys.exit(f"callgrind does not know system calls that swath makes, so that another way would be measured: {', '.join(unknown)}")
    return int(found.group(1))


def callgrind(out):
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]


def total(hot, times, given, work, octets):
    """All instructions of a run that asks so many times."""
    out = (given.keep or work) / f"callgrind.{hot.key}.{times}"
    if not hot.length:
        done = subprocess.run([*callgrind(out), given.answer, str(times)], stderr=subprocess.PIPE, text=True, timeout=600, check=True)
        return counted(done.stderr)
    port = free_port()
    scheme = "https" if hot.tls else "http"
    command = [given.swath, "serve", work / "root", "--listen", f"{scheme}://127.0.0.1:{port}", "--log", hot.log]
    # As long as it is valid under callgrind, where a second is short.
    command += ["--open-files-age", "1h", "--idle-timeout", "5m", "--requests-per-connection", "1000000", *hot.arguments]
    if hot.tls:
        command += ["--tls-cert", work / "cert.pem", "--tls-key", work / "key.pem"]
    with open(work / "errors", "w+") as errors, open(work / "records", "wb") as records:
        # One core: one worker, and no two threads that wait for one another.
        server = subprocess.Popen(["taskset", "-c", "0", *callgrind(out), *command], stderr=errors, stdout=records, stdin=subprocess.DEVNULL)
        try:
            with connected(port, hot.tls, server) as stream:
                for number in range(times):
                    ask(stream, hot, number, octets)
        finally:
            server.terminate()
            server.wait(60)
        errors.seek(0)
        return counted(errors.read())


def connected(port, tls, server):
    for _ in range(600):
        try:
            stream = socket.create_connection(("127.0.0.1", port), timeout=60)
            break
        except OSError:
            if server.poll() is not None:
                sys.exit("swath did not start under callgrind; is valgrind installed, and does this version know the processor?")
            time.sleep(0.1)
    else:
        sys.exit("swath did not listen within a minute")
    if not tls:
        return stream
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # made for this run, on loopback
    return context.wrap_socket(stream)


def version(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def measured(given):
    octets = content()
    found = {}
    with tempfile.TemporaryDirectory(prefix="swath-count-") as directory:
        work = Path(directory)
        (work / "root").mkdir()
        (work / "root/file.bin").write_bytes(octets)
        make_certificate(work)
        for hot in HOT:
            if (given.rows and hot.key not in given.rows.split(",")) or (not hot.length and not given.answer):
                continue
            one, two = total(hot, hot.times, given, work, octets), total(hot, 2 * hot.times, given, work, octets)
            found[hot.key] = round((two - one) / hot.times)
            print(f"   {hot.title}: {found[hot.key]:,}", file=sys.stderr, flush=True)
    return found


def table(found, accepted):
    lines = ["| request | instructions | accepted | |", "|---|---:|---:|---:|"]
    for hot in HOT:
        if hot.key in found:
            before = accepted.get(hot.key)
            change = f"{(found[hot.key] / before - 1) * 100:+.1f} %" if before else "new"
            lines.append(f"| {hot.title} | {found[hot.key]:,} | {f'{before:,}' if before else ''} | {change} |")
    return "\n".join(lines)


def main():
    given = arguments()
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is not installed; run benches/setup.sh")
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    last = json.loads(ACCEPTED.read_text()) if ACCEPTED.exists() else {"instructions": {}, "with": {}}
    now_with = {"rustc": version("rustc", "--version"), "valgrind": version("valgrind", "--version")}
    found = measured(given)
    print(f"\n## Instructions in user space for one hot request\n\n{table(found, last['instructions'])}\n")
    if last["with"] not in ({}, now_with):
        print(f"The accepted figures are of {', '.join(last['with'].values())}; these are of {', '.join(now_with.values())}.\n")
    if given.accept:
        ACCEPTED.write_text(json.dumps({"instructions": last["instructions"] | found, "with": now_with}, indent=2) + "\n")
        print(f"accepted: {ACCEPTED}")
        return
    worse = [key for key, count in found.items() if count > WORSE * last["instructions"].get(key, count)]
    if worse:
        told = (
            f"more than {round((WORSE - 1) * 100)} % above what was accepted: {', '.join(worse)}. Look where with --keep DIR and callgrind_annotate; "
            "if it is worth its price, accept it: make bench-instructions ARGS=--accept"
        )
        print(told) if given.report else sys.exit(told)


if __name__ == "__main__":
    main()
