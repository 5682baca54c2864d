"""The files that are served.

In: the directory to keep them in, and the length of the hot set. Out: a `Files` that knows where everything lies. All octets
are real and never repeat (a key stream), so that an answer from the wrong place shows.
"""

import mmap
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .process import field

HOT_FILES = 16
WHOLE_LENGTH = 100_000_000
SMALL_FILES = 10_000
SMALL_LENGTH = 16 * 1024
COLD_FILES = 32
COLD_LENGTH = 64 * 1024 * 1024


@dataclass(frozen=True)
class Group:
    """Files of one length, named by number."""

    pattern: str  # of the URL's path, for Lua and for Python
    count: int
    length: int

    def path(self, number):
        return self.pattern % number


class Files:
    """Makes what is missing beneath `root`, and reads slices of it to compare answers with."""

    def __init__(self, root: Path, hot_set: int):
        self.root = root
        self.hot = Group(f"/hot-{hot_set >> 20}/%02d.bin", HOT_FILES, hot_set // HOT_FILES)
        self.whole = Group("/whole/%d.bin", 1, WHOLE_LENGTH)
        self.small = Group("/small/%04d.bin", SMALL_FILES, SMALL_LENGTH)
        self.cold = Group("/cold/%02d.bin", COLD_FILES, COLD_LENGTH)
        self.groups = [self.hot, self.whole, self.small, self.cold]

    def make(self):
        for iv, group in enumerate(self.groups):
            self._make_group(group, iv)

    def local(self, path) -> Path:
        return self.root / path.lstrip("/")

    def slice(self, path, first, length) -> bytes:
        with open(self.local(path), "rb", buffering=0) as file:
            content = os.pread(file.fileno(), length, first)
        assert len(content) == length, f"{path} is shorter than it was made"
        return content

    def forget(self, path):
        """Drops a file from the page cache."""
        with open(self.local(path), "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def warm(self, group: Group):
        """Reads the files once, so that they are in the page cache."""
        buffer = bytearray(1 << 20)
        for path in self.paths(group):
            with open(path, "rb", buffering=0) as file:
                while file.readinto(buffer):
                    pass

    def paths(self, group: Group):
        return [self.local(group.path(number)) for number in range(group.count)]

    def _make_group(self, group, iv):
        missing = [n for n in range(group.count) if not self._is_made(group, n)]
        if not missing:
            return
        print(f"making {group.count} files of {group.length:,} octets: {group.pattern}", file=sys.stderr, flush=True)
        zeros, stream = self._key_stream(iv)
        try:
            for number in range(group.count):
                self._write(self.local(group.path(number)), group.length, stream.stdout)
        finally:
            stream.stdout.close()
            stream.kill()
            stream.wait()
            zeros.close()

    def _is_made(self, group, number):
        try:
            return self.local(group.path(number)).stat().st_size == group.length
        except FileNotFoundError:
            return False

    @staticmethod
    def _key_stream(iv):
        zeros = open("/dev/zero", "rb")
        command = ["openssl", "enc", "-aes-128-ctr", "-nosalt", "-K", "5357415448" + "00" * 11, "-iv", f"{iv:032x}"]
        return zeros, subprocess.Popen(command, stdin=zeros, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    @staticmethod
    def _write(path: Path, length, stream):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        left = length
        with open(part, "wb") as file:
            while left:
                piece = stream.read(min(left, 1 << 20))
                if not piece:
                    raise SystemExit("openssl ended before the files were made; is there room on the disk?")
                file.write(piece)
                left -= len(piece)
            # Only clean pages can be dropped again, and writing back must not disturb the first rows.
            file.flush()
            os.fdatasync(file.fileno())
        os.chmod(part, 0o644)
        os.replace(part, path)


class Held:
    """A group of files that stays in memory until the `with` ends: mapped and locked where that is allowed, else read once.

    What the kernel may drop, it drops: some machines let go of every page that nobody asked for during a minute. One request in
    ten thousand that waits for a busy disk is all of a p99 then, and tells nothing of the server.
    """

    # The same on all processors that Debian knows but a few old ones; Python has no name for it.
    MAP_LOCKED = 0x2000

    def __init__(self, files: Files, group: Group):
        self.files, self.group = files, group
        self.maps = []
        self.is_locked = False

    def __enter__(self):
        before = locked_octets()
        try:
            for path in self.files.paths(self.group):
                with open(path, "rb") as file:
                    self.maps.append(mmap.mmap(file.fileno(), 0, flags=mmap.MAP_SHARED | self.MAP_LOCKED, prot=mmap.PROT_READ))
            # Locking does not say what it could not read.
            self.is_locked = locked_octets() - before >= self.group.count * self.group.length
        except OSError:  # more than `ulimit -l`
            pass
        if not self.is_locked:
            self._release()
            self.files.warm(self.group)
        return self

    def __exit__(self, *_):
        self._release()

    def _release(self):
        for held in self.maps:
            held.close()
        self.maps = []


def locked_octets():
    """How much of this process's memory is locked, counting what is really there."""
    return field("/proc/self/smaps_rollup", "Locked")
