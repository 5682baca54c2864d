#!/usr/bin/env python3
"""Measures `swath get` beside other download programs and prints the tables; `--help` lists the options, README.md tells the rest."""

import argparse
import datetime
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from swath_bench import client_report as report
from swath_bench.check import WrongAnswer
from swath_bench.contenders import CONTENDERS, Contender, locate
from swath_bench.fetch import fetch, nginx
from swath_bench.measure import free_port
from swath_bench.peers import find
from swath_bench.process import Tree

# Versions that programs do not tell; benches/setup.sh installs them.
PINNED = {"takanawa": "0.9.0", "swath without a journal": "of the same tree"}

# Key: title, where the file is written, lanes, octets a second over each connection.
ROWS = {
    "tmpfs-1": ("One lane, to tmpfs", "tmpfs", 1, None),
    "tmpfs-8": ("Eight lanes, to tmpfs", "tmpfs", 8, None),
    "disk-1": ("One lane, to disk", "disk", 1, None),
    "disk-8": ("Eight lanes, to disk", "disk", 8, None),
    "capped-1": ("One lane, 10 MB/s a connection", "tmpfs", 1, 10_000_000),
    "capped-8": ("Eight lanes, 10 MB/s a connection", "tmpfs", 8, 10_000_000),
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round over 256 MiB; nothing is written to docs/")
    parser.add_argument("--rounds", type=int, help="alternated rounds (5)")
    parser.add_argument("--length", type=int, metavar="MIB", help="length of the file (2048)")
    parser.add_argument("--rows", help="only these: " + ",".join(ROWS))
    parser.add_argument("--programs", help="only these: " + ",".join(contender.name for contender in CONTENDERS))
    parser.add_argument("--swath", type=Path, default=HERE.parent / "target/dist/swath", help="the binary to measure")
    parser.add_argument("--unjournaled", type=Path, help="a program that fetches as swath does, without a journal, and ends with one fdatasync")
    parser.add_argument("--files", type=Path, default=Path("/var/tmp/swath-bench"), help="where the file that is served is kept, and files are written to disk")
    parser.add_argument("--tmpfs", type=Path, default=Path("/dev/shm"), help="a folder on tmpfs")
    parser.add_argument("--output", type=Path, help="the page to write (docs/benchmarks-client.md, unless anything was left out)")
    given = parser.parse_args()
    given.whole = not (given.quick or given.rows or given.programs or given.rounds or given.length)
    given.rounds = given.rounds or (1 if given.quick else 5)
    given.length = (given.length or (256 if given.quick else 2048)) << 20
    if given.output is None and given.whole:
        given.output = HERE.parent / "docs/benchmarks-client.md"
    return given


def make_file(given):
    """The file that is served: real octets that never repeat."""
    given.files.mkdir(parents=True, exist_ok=True)
    root = given.files / "client"
    root.mkdir(exist_ok=True)
    root.chmod(0o755)
    file = root / f"{given.length >> 20}.bin"
    if not file.exists() or file.stat().st_size != given.length:
        print(f"making {file}", file=sys.stderr, flush=True)
        with open(file, "wb") as out:
            zeros = subprocess.Popen(["head", "-c", str(given.length), "/dev/zero"], stdout=subprocess.PIPE)
            subprocess.run(["openssl", "enc", "-aes-128-ctr", "-K", "0" * 32, "-iv", "0" * 32], stdin=zeros.stdout, stdout=out, check=True)
            zeros.wait()
    subprocess.run(["cat", file], stdout=subprocess.DEVNULL, check=True)
    return file


def contenders(given):
    tools = Path(os.environ.get("SWATH_TOOLS") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "swath/tools")
    wanted = given.programs.split(",") if given.programs else None
    found = {contender: locate(contender, given.swath, tools) for contender in CONTENDERS if not wanted or contender.name in wanted}
    if given.unjournaled:
        bare = Contender("swath without a journal", "", None, lambda p, u, f, n: [p, u, str(f), str(n)], (8,))
        found[bare] = str(given.unjournaled.resolve())
    missing = {contender.name for contender, path in found.items() if path is None}
    if missing - {contender.name for contender in CONTENDERS if contender.is_rust}:
        sys.exit(f"not installed: {', '.join(sorted(missing))}; run benches/setup.sh")
    # Those that may fail to build are left out, which the page says.
    return {contender: path for contender, path in found.items() if path is not None}, sorted(missing)


def run_row(given, work, key, file, found, cores):
    title, sink, lanes, rate = ROWS[key]
    taking_part = [contender for contender in found if lanes in contender.lanes]
    if rate:
        # What is asked there is what more lanes bring to swath.
        taking_part = [contender for contender in taking_part if contender.name == "swath"]
    results = {contender.name: [] for contender in taking_part}
    server_cores, client_cores = cores
    folder = Path(tempfile.mkdtemp(prefix="swath-get-", dir=given.tmpfs if sink == "tmpfs" else given.files))
    directory = work / "server"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    port = free_port()
    command = nginx(directory, file.parent, port, len(server_cores), rate)
    command[0] = find("nginx", [])
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder)}
    with open(directory / "stdout", "wb") as output:
        tree = Tree(command, directory, environment, server_cores, None, output)
    # A cap makes a download of 2 GiB take minutes, and proves no more than one of ten seconds over one lane.
    served = file if not rate else capped_file(file, rate)
    try:
        tree.wait_for(port)
        for number in range(given.rounds):
            # Each round begins with another program, so that none always follows the same one.
            shift = number % max(1, len(taking_part))
            for contender in taking_part[shift:] + taking_part[:shift]:
                if isinstance(results[contender.name], str):
                    continue
                words = contender.command(found[contender], f"http://127.0.0.1:{port}/{served.name}", folder / "got.bin", lanes)
                try:
                    results[contender.name].append(fetch(words, client_cores, folder / "got.bin", served, environment))
                except (WrongAnswer, OSError) as error:
                    results[contender.name] = "no figures: " + " ".join(str(error).split())[:300]
                    print(f"!! {key}, {contender.name}: {error}", file=sys.stderr, flush=True)
            print(f"   {title}: round {number + 1} of {given.rounds}", file=sys.stderr, flush=True)
    finally:
        tree.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return results


def capped_file(file, rate):
    """The first sixteen seconds' worth for one connection: sixteen seconds over one, two over eight."""
    part = file.with_name("capped.bin")
    if not part.exists() or part.stat().st_size != min(rate * 16, file.stat().st_size):
        with open(file, "rb") as whole, open(part, "wb") as out:
            for _ in range(16):
                out.write(whole.read(rate))
    return part


def facts(given, found, missing, cores):
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    versions = []
    for contender, path in found.items():
        if contender.version is None:
            versions.append(f"{contender.name} {PINNED[contender.name]}")
            continue
        done = subprocess.run([path, *contender.version], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
        number = re.search(r"\d+\.\d+(\.\d+)?", done.stdout)
        versions.append(f"{contender.name} {number.group(0) if number else 'unknown'}")
    commit = subprocess.run(["git", "-C", HERE, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    tail = re.sub(r"--(swath|output|files|tmpfs|unjournaled)[= ]\S+ ?", "", " ".join(sys.argv[1:])).strip()
    kind = subprocess.run(["stat", "-f", "-c", "%T", given.files], capture_output=True, text=True).stdout.strip()
    return {
        "label": "A whole run." if given.whole else "**A short run, to try things out: nothing is to be concluded from it.**",
        "command": f"make bench-client ARGS='{tail}'" if tail else "make bench-client",
        "how": [
            f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC; {given.rounds} round{'s' * (given.rounds > 1)}, each program in turn in each; a file of {given.length >> 20:,} MiB (160 MB where connections are capped), in the page cache, from nginx with {len(cores[0])} workers, over loopback.",
            f"{cpu}, {os.cpu_count()} cores, Linux {platform.release()}; nginx on cores {cores[0]}, the program on cores {cores[1]}. The disk's file system is {kind}.",
            "Versions: " + ", ".join(versions) + f"; swath at {commit or 'an unknown commit'}. aria2 is run with sixteen connections in the rows of eight lanes, its most, and without filling its file with zeros first; takanawa chooses its connections itself.",
            *([f"**Left out, because they could not be built: {', '.join(missing)}.**"] if missing else []),
        ],
    }


def main():
    given = arguments()
    if not given.swath.exists():
        sys.exit(f"{given.swath} is not there; build it: cargo build --profile dist --bin swath")
    found, missing = contenders(given)
    file = make_file(given)
    ours = sorted(os.sched_getaffinity(0))
    cores = (ours[: len(ours) // 2], ours[len(ours) // 2 :]) if len(ours) >= 4 else (ours, ours)
    rows = given.rows.split(",") if given.rows else list(ROWS)
    told, outcome = facts(given, found, missing, cores), {}
    with tempfile.TemporaryDirectory(prefix="swath-bench-") as work:
        Path(work).chmod(0o755)
        for key in rows:
            outcome[key] = run_row(given, Path(work), key, file, found, cores)
            print(f"\n## {ROWS[key][0]}\n\n{report.table(outcome[key])}\n", flush=True)
    rust = [contender.name for contender in found if contender.is_rust]
    print(report.summary(outcome, rust), flush=True)
    if given.output is not None:
        given.output.write_text(report.document(outcome, {key: ROWS[key][0] for key in rows}, rust, told))
        print(f"written: {given.output}", file=sys.stderr)
    if any(isinstance(results.get("swath"), str) for results in outcome.values()):
        sys.exit("swath did not fetch what it should")


if __name__ == "__main__":
    main()
