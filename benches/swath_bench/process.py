"""One server while it runs: its processes, what they have used, and their end.

In: a command. Out: CPU seconds, memory and octets read from disk, summed over all processes of the session that the command
was given. Only these processes are ever signalled, by their ids.
"""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


class Tree:
    """A server's processes: the leader of a session of its own and whatever it started."""

    def __init__(self, command, directory: Path, environment, cores, user, output):
        full = ["taskset", "-c", ",".join(map(str, cores))] + list(command)
        if user is not None:
            full = ["setpriv", f"--reuid={user[0]}", f"--regid={user[1]}", "--clear-groups"] + full
        # A session of its own: lighttpd's master signals its whole process group when it ends.
        with open(directory / "stderr", "wb") as errors:
            self.process = subprocess.Popen(
                full, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, start_new_session=True,
            )
        self.session = self.process.pid
        self.directory = directory

    def wait_for(self, port, seconds=15):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"did not start:\n{self._complaints()}")

    def cpu_seconds(self):
        """User and system time, of children that have ended too."""
        return sum(sum(map(int, fields[11:15])) for _, fields in self._stats()) / TICK

    def peak_bytes(self):
        """Peak resident memory; pages that processes share count once for each of them."""
        return sum(self._status(pid, "VmHWM") for pid in self._pids())

    def proportional_bytes(self):
        """Memory now; pages that processes share count once in all."""
        return sum(field(f"/proc/{pid}/smaps_rollup", "Pss") for pid in self._pids())

    def disk_bytes(self):
        """Octets that the processes had fetched from storage."""
        return sum(field(f"/proc/{pid}/io", "read_bytes", unit=1) for pid in self._pids())

    def stop(self):
        self._signal(signal.SIGTERM)
        end = time.monotonic() + 3
        while time.monotonic() < end and (self.process.poll() is None or self._pids()):
            time.sleep(0.02)
        for pid in self._pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()

    def _signal(self, number):
        try:
            os.kill(self.process.pid, number)
        except ProcessLookupError:
            pass

    def _pids(self):
        return [pid for pid, _ in self._stats()]

    def _stats(self):
        """The pid, and the fields of /proc/PID/stat from the state on, of each living process of the session."""
        found = []
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                text = Path(f"/proc/{name}/stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            fields = text[text.rindex(")") + 2 :].split()
            if int(fields[3]) == self.session and fields[0] != "Z":
                found.append((int(name), fields))
        return found

    def _status(self, pid, key):
        return field(f"/proc/{pid}/status", key)

    def _complaints(self):
        logs = [self.directory / "stderr", self.directory / "error.log"]
        return "\n".join(log.read_text(errors="replace")[-2000:] for log in logs if log.exists())


def field(path, key, unit=1024):
    """One of the numbers in a file of /proc, or 0."""
    try:
        with open(path) as lines:
            for line in lines:
                name, _, value = line.partition(":")
                if name == key:
                    return int(value.split()[0]) * unit
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def machine_busy_seconds():
    """Time that any core was busy since boot, or taken by the host (steal)."""
    fields = list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]))
    user, nice, system, _idle, _iowait, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq + steal) / TICK
