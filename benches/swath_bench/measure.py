"""One measurement: a server is started, checked, loaded and stopped.

In: a server and a row. Out: a flat dictionary of figures. The server's CPU is that of all its processes, from just before
the load to just after it; kernel work that the load's side causes on its own cores is nobody's.
"""

import os
import resource
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import check, load
from .peers import Site
from .process import Tree, machine_busy_seconds


@dataclass(frozen=True)
class Bench:
    """What stays the same over all measurements of a run."""

    files: object
    work: Path
    programs: dict  # name of a program -> where it lies
    server_cores: list
    load_cores: list
    user: tuple  # uid and gid for servers, or None
    seconds: int
    certificate: Path
    key: Path
    script: Path


def measure(bench, server, row):
    """The figures of one run, or `WrongAnswer`."""
    port = free_port()
    directory = bench.work / "server"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    if bench.user is not None:
        os.chown(directory, *bench.user)
    site = Site(bench.files.root, directory, port, row.tls, len(bench.server_cores), bench.certificate, bench.key)
    command = server.command(site)
    command[0] = bench.programs[command[0]]
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(directory), "XDG_DATA_HOME": str(directory), "XDG_CONFIG_HOME": str(directory)}
    # A log that is asked for goes to a file, as a service's would.
    with open(directory / "stdout", "wb") as output:
        tree = Tree(command, directory, environment, bench.server_cores, bench.user, output)
    try:
        tree.wait_for(port)
        _check(bench, port, row, directory)
        return _loaded(bench, tree, port, row, directory)
    finally:
        tree.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _check(bench, port, row, directory):
    if row.kind == "aborts":
        return  # each of its answers is compared
    check.before(port, row.tls, bench.files, row.group(bench.files), row.length, row.parts)
    if row.kind == "h2load":
        _check_h2(bench, port, row, directory)


def _check_h2(bench, port, row, directory):
    path, first = row.group(bench.files).path(1), 4711
    got = directory / "h2"
    told = subprocess.run(
        ["curl", "-sk", "--http2", "-r", f"{first}-{first + row.length - 1}", "-o", got, "-w", "%{http_version} %{http_code}", f"https://127.0.0.1:{port}{path}"],
        stdout=subprocess.PIPE, text=True, timeout=20,
    ).stdout
    if told != "2 206" or got.read_bytes() != bench.files.slice(path, first, row.length):
        raise check.WrongAnswer(f"HTTP/2: curl says '{told}', or the octets differ")


def _loaded(bench, tree, port, row, directory):
    figures = {}
    if row.kind == "cold":
        calm = _wrk(bench, port, row)
        figures["calm_p99"] = calm.p99
    if row.tls:
        figures["tls"] = _agreed(port)
    clock, busy, own, cpu = time.monotonic(), machine_busy_seconds(), _own_cpu(), tree.cpu_seconds()
    if row.kind == "idle":
        sample = load.idle(port, row, bench.files, tree)
    elif row.kind == "aborts":
        sample = load.aborts(port, row, bench.files, bench.seconds)
    elif row.kind == "cold":
        with load.ColdReaders(port, bench.files, tree, bench.load_cores[-1:]) as readers:
            sample = _wrk(bench, port, row)
        figures["cold_rate"] = readers.rate
    else:
        sample = _watched(bench, port, row, directory)
    cpu, own = tree.cpu_seconds() - cpu, _own_cpu() - own
    others = machine_busy_seconds() - busy - own - cpu
    figures |= {
        "rate": sample.requests / sample.seconds,
        "octets_rate": sample.octets / sample.seconds,
        "cpu_per_1000": cpu / sample.requests * 1e6,  # milliseconds
        "cpu_per_gb": cpu / sample.octets * 1e12,
        "both_per_1000": (cpu + own) / sample.requests * 1e6,
        "p50": sample.p50,
        "p99": sample.p99,
        "peak": tree.peak_bytes(),
        "others": max(0.0, others / (time.monotonic() - clock)),
    }
    if row.kind == "cold":
        figures |= _beside(bench, port, row, figures["cold_rate"])
    return figures | sample.notes


def _beside(bench, port, row, wanted):
    """The same load once more, while the cold files are read without the server."""
    with load.ReadersBeside(bench.files, bench.load_cores[-1:], wanted) as readers:
        sample = _wrk(bench, port, row)
    return {"beside_p99": sample.p99, "beside_rate": readers.rate}


def _wrk(bench, port, row):
    cores = bench.load_cores if row.kind != "cold" else bench.load_cores[:1]
    return load.wrk(port, row, bench.files, row.seconds(bench.seconds), cores, bench.script)


def _watched(bench, port, row, directory):
    """The load, with answers compared beside it."""
    group = row.group(bench.files)
    pause = 0.05 if row.length else 0.5
    with check.Watch(port, row.tls, bench.files, group, row.length, row.parts, pause) as watch:
        if row.kind == "h2load":
            sample = load.h2load(port, row, bench.files, bench.seconds, bench.load_cores, directory)
        else:
            sample = _wrk(bench, port, row)
    # Made by the same server in the same time, so they belong to its cost.
    sample.octets += watch.octets
    sample.requests += watch.octets / row.content_length(bench.files)
    return sample


def _agreed(port):
    """The version of TLS and the cipher suite that a server agrees on with OpenSSL's defaults."""
    connection = check.connect(port, True)
    connection.connect()
    try:
        name, version, _ = connection.sock.cipher()
        return f"{version} {name}"
    finally:
        connection.close()


def make_certificate(work):
    """A certificate for loopback and its key, of no worth: made for one run, trusted by nobody."""
    certificate, key = work / "cert.pem", work / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate,
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"], check=True, capture_output=True,
    )
    key.chmod(0o644)  # servers run as nobody
    return certificate, key


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _own_cpu():
    """CPU of this program and of all loads that it has run. Servers that have ended are in it too, but none ends meanwhile."""
    usages = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
