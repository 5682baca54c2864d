"""One download, measured.

In: a command, the file it writes, the file it should be. Out: rate, CPU, peak memory. The clock runs from the program's start to its end, so that what
it syncs before it says "done" is in it, and what it leaves to the kernel is not.
"""

import os
import subprocess
import time
from pathlib import Path

from .check import WrongAnswer
from .process import field, machine_busy_seconds

PATIENCE = 300


def nginx(directory: Path, root: Path, port, cores, rate=None):
    """The command of an nginx that serves `root`, and at most `rate` octets a second over each connection."""
    temporary = "".join(f"  {kind}_temp_path {directory}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    limit = f"limit_rate {rate};" if rate else ""
    file = directory / "nginx.conf"
    file.write_text(f"""
daemon off;
worker_processes {cores};
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 1024; }}
http {{
{temporary}  access_log off; sendfile on; tcp_nopush on; {limit}
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
""")
    return ["nginx", "-p", str(directory), "-e", "stderr", "-c", str(file)]


def fetch(command, cores, file: Path, right: Path, environment):
    """The figures of one run, or `WrongAnswer`."""
    for old in file.parent.glob(file.name + "*"):
        old.unlink()
    # What an earlier run left to write back would be written at this one's cost.
    os.sync()
    busy, start = machine_busy_seconds(), time.monotonic()
    with open(file.parent / "said.txt", "wb") as said:
        process = subprocess.Popen(["taskset", "-c", ",".join(map(str, cores)), *command], stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                   cwd=file.parent, env=environment)
        status, usage, peak = _wait(process)
    seconds = time.monotonic() - start
    words = (file.parent / "said.txt").read_text(errors="replace")[-400:]
    if status != 0:
        raise WrongAnswer(f"ended with {status}: {words}")
    if subprocess.run(["cmp", "-s", file, right]).returncode != 0:
        raise WrongAnswer("the file is another one")
    length = right.stat().st_size
    cpu = usage.ru_utime + usage.ru_stime
    for left in file.parent.glob(file.name + "*"):
        left.unlink()
    return {"rate": length / seconds, "seconds": seconds, "cpu": cpu, "cpu_per_gb": cpu / length * 1e9, "peak": peak,
            "others": max(0.0, (machine_busy_seconds() - busy - cpu) / seconds)}


def _wait(process):
    """The exit code, what was used, and the most memory it had.

    `wait4` counts the program alone, with the children it waited for; but its peak of memory begins with that of the process it was forked from, so that
    comes from /proc, looked at all the time.
    """
    end, peak, look = time.monotonic() + PATIENCE, 0, 0.0
    while time.monotonic() < end:
        if time.monotonic() >= look:
            peak, look = max(peak, field(f"/proc/{process.pid}/status", "VmHWM")), time.monotonic() + 0.02
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage, peak
        time.sleep(0.001)
    process.kill()
    process.wait()
    raise WrongAnswer(f"not over after {PATIENCE} s")
