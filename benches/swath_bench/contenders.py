"""The programs that download, each with the words that ask it for so many connections.

In: a URL, a file to write. Out: a command, or nothing when the program is not there. What a program does with its answers is its own affair: only
swath and takanawa make durable what they say is done.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

HF_TRANSFER = "import sys, hf_transfer as h; h.download(url=sys.argv[1], filename=sys.argv[2], max_files=int(sys.argv[3]), chunk_size=10_000_000)"


@dataclass(frozen=True, eq=False)
class Contender:
    name: str
    program: str
    version: list  # arguments that print the version; None where setup.sh decides it
    command: object  # (program, url, file, lanes) -> list
    lanes: tuple  # in the rows with one lane, with eight, or both
    is_rust: bool = False


def _aria2(program, url, file, lanes):
    # Its most: sixteen connections to a server.
    several = 1 if lanes == 1 else 16
    return [program, "-q", "--no-conf", f"-x{several}", f"-s{several}", "-k1M", "--file-allocation=falloc", "--allow-overwrite=true",
            "-d", str(file.parent), "-o", file.name, url]


CONTENDERS = [
    Contender("swath", "swath", ["--version"], lambda p, u, f, n: [p, "get", "-c", str(n), "--force", "-o", str(f), u], (1, 8)),
    Contender("curl", "curl", ["--version"], lambda p, u, f, n: [p, "-qsf", "-o", str(f), u], (1,)),
    Contender("wget", "wget", ["--version"], lambda p, u, f, n: [p, "-q", "--no-config", "-O", str(f), u], (1,)),
    Contender("aria2", "aria2c", ["--version"], _aria2, (1, 8)),
    Contender("axel", "axel", ["--version"], lambda p, u, f, n: [p, "-q", f"-n{n}", "-o", str(f), u], (1, 8)),
    Contender("hf_transfer", "hf-transfer-python", ["-c", "import importlib.metadata as m; print(m.version('hf_transfer'))"],
              lambda p, u, f, n: [p, "-c", HF_TRANSFER, u, str(f), str(n)], (8,), True),
    Contender("takanawa", "takanawa", None, lambda p, u, f, n: [p, u, str(f)], (8,), True),
]


def locate(contender, swath: Path, tools: Path):
    """Where its program lies, or None."""
    if contender.name == "swath":
        return str(swath.resolve())
    if contender.name == "hf_transfer":
        python = tools / "hf-transfer/bin/python"
        return str(python) if python.exists() else None
    own = tools / "bin" / contender.program
    return str(own) if own.exists() else shutil.which(contender.program)
