#!/usr/bin/env python3
"""Measures swath beside its peers and prints the table; `--help` lists the options, README.md tells the rest."""

import argparse
import datetime
import os
import platform
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONGESTION = Path("/proc/sys/net/ipv4/tcp_congestion_control")
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from swath_bench import report
from swath_bench.check import WrongAnswer
from swath_bench.files import Files, Held
from swath_bench.measure import Bench, make_certificate, measure
from swath_bench.peers import SERVERS, SWATH, find
from swath_bench.rows import ROWS


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of one second over 1 GiB, some minutes; nothing is written to docs/")
    parser.add_argument("--rounds", type=int, help="alternated rounds (5); fewer are no whole run")
    parser.add_argument("--seconds", type=int, help="how long each load lasts (2); cold files get 4 at least")
    parser.add_argument("--hot-set", type=int, metavar="MIB", help="length of the hot set (4096); it must fit the memory")
    parser.add_argument("--rows", help="only these, by their keys: " + ",".join(row.key for row in ROWS))
    parser.add_argument("--servers", help="only those whose names contain one of these words, with commas between")
    parser.add_argument("--congestion", metavar="NAME", help="TCP congestion control for all, in a network namespace of its own (as root)")
    parser.add_argument("--swath", type=Path, default=HERE.parent / "target/dist/swath", help="the binary to measure")
    parser.add_argument("--files", type=Path, default=Path("/var/tmp/swath-bench"), help="where the files that are served are kept")
    parser.add_argument("--output", type=Path, help="the page to write (docs/benchmarks.md, unless anything was left out)")
    given = parser.parse_args()
    given.rounds = given.rounds or (1 if given.quick else 5)
    given.seconds = given.seconds or (1 if given.quick else 2)
    given.whole = not (given.quick or given.rows or given.servers or given.hot_set or given.congestion) and given.rounds >= 5
    given.hot_set = (given.hot_set or (1024 if given.quick else 4096)) << 20
    if given.output is None and given.whole:
        given.output = HERE.parent / "docs/benchmarks.md"
    return given


def move_into_namespace(congestion):
    """Begins this program anew where all connections have that congestion control."""
    enter = 'ip link set lo up; echo "$1" >/proc/sys/net/ipv4/tcp_congestion_control; shift; exec "$@"'
    os.execvp("unshare", ["unshare", "--net", "sh", "-ec", enter, "sh", congestion, sys.executable, *sys.argv])


def told_congestion():
    name = CONGESTION.read_text().strip()
    paced = ", which paces what is sent by timers; a swath that listens on loopback takes reno in its place (docs/fast-path.md)" if name.startswith("bbr") else ""
    return f"TCP congestion control: {name}{paced}."


def cores():
    """Cores of the server, and of the load."""
    ours = sorted(os.sched_getaffinity(0))
    if len(ours) < 4:
        return ours, ours
    return ours[: len(ours) // 2], ours[len(ours) // 2 :]


def prepare(given, work):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < 12_500:
        sys.exit(f"{hard} files may be open, and 12,500 are needed for 10,000 connections; raise the limit (ulimit -Hn)")
    if not given.swath.exists():
        sys.exit(f"{given.swath} is not there; build it: cargo build --profile dist --bin swath")
    user = None
    if os.getuid() == 0:
        # As root some servers refuse to run and others change their identity: all run as nobody, programs copied to where nobody may look.
        user = (65534, 65534)
    work.chmod(0o755)
    tools = Path(os.environ.get("SWATH_TOOLS") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "swath/tools")
    programs = {}
    for program, source in [("swath", given.swath.resolve()), ("static-web-server", find("static-web-server", [tools / "bin"]))]:
        programs[program] = str(source if user is None else shutil.copy(source, work / program))
    for server in SERVERS:
        programs.setdefault(server.program, None)
        programs[server.program] = programs[server.program] or find(server.program, [])
    given.files.mkdir(parents=True, exist_ok=True)
    files = Files(given.files, given.hot_set)
    files.make()
    server_cores, load_cores = cores()
    os.sched_setaffinity(0, load_cores)
    certificate, key = make_certificate(work)
    return Bench(files, work, programs, server_cores, load_cores, user, given.seconds, certificate, key, HERE / "lua/requests.lua")


def chosen(given):
    rows = [row for row in ROWS if not given.rows or row.key in given.rows.split(",")]
    servers = [server for server in SERVERS if not given.servers or any(word in server.name for word in given.servers.split(","))]
    return rows, servers


def run_row(bench, row, servers, rounds):
    """The figures of each server, or the sentence that says why it has none; and whether the files were locked in memory meanwhile."""
    taking_part = [server for server in servers if not server.has_option or row.with_options]
    results = {server.name: [] for server in taking_part}
    rounds = min(rounds, row.rounds_max)
    with Held(bench.files, row.group(bench.files)) as held:
        for number in range(rounds):
            _round(bench, row, taking_part, number, results)
            print(f"   {row.title}: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return results, held.is_locked


def _round(bench, row, taking_part, number, results):
    # Each round begins with another server, so that none always follows the same one.
    shift = number % len(taking_part)
    for server in taking_part[shift:] + taking_part[:shift]:
        if isinstance(results[server.name], str):
            continue
        try:
            results[server.name].append(measure(bench, server, row))
        except (WrongAnswer, RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            results[server.name] = "no figures: " + " ".join(str(error).split())[:300]
            print(f"!! {row.key}, {server.name}: {error}", file=sys.stderr, flush=True)


def estimate(rows, servers, given):
    """How many minutes a run takes, from what starting, comparing and stopping took on four cores."""
    beside, idle = 0.8, 8
    each = [
        min(given.rounds, row.rounds_max)
        * sum(not server.has_option or row.with_options for server in servers)
        * (beside + (idle if row.kind == "idle" else row.seconds(given.seconds) * (3 if row.kind == "cold" else 1)))
        for row in rows
    ]
    return round(sum(each) / 60)


def facts(given, bench, servers, loose, took):
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    versions = {server.program: server.describe(bench.programs[server.program]) for server in servers}
    separate = bench.server_cores != bench.load_cores
    whole = "A whole run." if given.whole else "**A short run, to try things out: nothing is to be concluded from it.**"
    commit = subprocess.run(["git", "-C", HERE, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    # Where the binary lies and where the page goes is nothing that a reader could repeat.
    tail = re.sub(r"--(swath|output|files)[= ]\S+ ?", "", " ".join(sys.argv[1:])).strip()
    return {
        "label": whole,
        "command": f"make bench ARGS='{tail}'" if tail else "make bench",
        "how": [
            f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC; {given.rounds} round{'s' * (given.rounds > 1)}, each server in turn in each, {given.seconds} s of load (4 s at least while files are cold; idle connections in two rounds); {took / 60:.0f} minutes in all; hot set {given.hot_set >> 20:,} MiB; all over loopback.",
            f"{cpu}, {len({*bench.server_cores, *bench.load_cores})} cores, {memory} GiB of memory, Linux {platform.release()}.",
            f"Servers on cores {bench.server_cores}, load on cores {bench.load_cores}." if separate else f"Servers and load share cores {bench.server_cores}: there are fewer than four.",
            told_congestion(),
            "The files that were asked for hot were locked in memory." if not loose else f"The files that were asked for hot could not be locked in memory, only read beforehand ({', '.join(loose)}): raise `ulimit -l`.",
            "Versions: " + ", ".join(f"{name} {version}" for name, version in versions.items()) + f"; swath at {commit or 'an unknown commit'}.",
        ],
    }


def main():
    given = arguments()
    if given.congestion and given.congestion != CONGESTION.read_text().strip():
        move_into_namespace(given.congestion)
    # So that the server that is running is stopped, and what is temporary removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    rows, servers = chosen(given)
    failed = []
    outcome = []
    loose = []
    begun = time.monotonic()
    print(f"about {estimate(rows, servers, given)} minutes: {given.rounds} rounds of {len(rows)} rows and {len(servers)} servers", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="swath-bench-") as directory:
        bench = prepare(given, Path(directory))
        for row in rows:
            results, is_locked = run_row(bench, row, servers, given.rounds)
            outcome.append((row, results))
            loose += [] if is_locked else [row.key]
            print(f"\n## {row.title}\n\n{report.table(row, results)}\n", flush=True)
            failed += [f"{row.key}: {name}" for name, found in results.items() if name.startswith(SWATH) and isinstance(found, str)]
        # While the programs are there that are asked for their versions.
        page = report.document(outcome, facts(given, bench, servers, loose, time.monotonic() - begun))
    print(report.summary(outcome), flush=True)
    if given.output is not None:
        given.output.write_text(page)
        print(f"written: {given.output}", file=sys.stderr)
    if failed:
        sys.exit("swath answered wrongly or not at all: " + "; ".join(failed))


if __name__ == "__main__":
    main()
