"""The work: one row of the table each.

In: nothing. Out: `ROWS`, in the order in which they are run, with what swath aims at on each: ratios to the best peer, in
rate (at least) and in CPU for the same work (at most).
"""

from dataclasses import dataclass

KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True)
class Row:
    key: str
    title: str
    of: str  # the group of files
    length: int = 0  # of a range; 0: the whole file
    parts: int = 1
    kind: str = "wrk"  # wrk, h2load, idle, cold, aborts
    tls: bool = False
    connections: int = 64
    with_options: bool = False  # swath once more with a log, and with its inspector
    per: str = "request"  # or "octet": what CPU and rate are compared by
    seconds_min: int = 1  # servers that stand still for cold files need time
    rounds_max: int = 1000  # what hardly varies need not be measured as often
    aim_rate: float = None
    aim_cpu: float = None
    aim_memory: float = None
    aims_beside: tuple = ()  # (how a peer's name begins, CPU for the same work at most)

    def group(self, files):
        return getattr(files, self.of)

    def seconds(self, wanted):
        return max(wanted, self.seconds_min)

    def content_length(self, files):
        return self.length * self.parts if self.length else self.group(files).length


# "x 1.25 per CPU-second" is the same as 1/1.25 of the CPU for the same work.
ROWS = [
    Row("1k", "1 KiB ranges, hot", "hot", KIB, with_options=True, aim_cpu=1 / 1.25, aims_beside=(("nginx", 1 / 1.5),)),
    Row("16k", "16 KiB ranges, hot", "hot", 16 * KIB, aim_rate=1.15, aim_cpu=1 / 1.15),
    Row("64k", "64 KiB ranges, hot", "hot", 64 * KIB, with_options=True, aim_rate=1.15, aim_cpu=1 / 1.15),
    Row("256k", "256 KiB ranges, hot", "hot", 256 * KIB, aim_rate=1.15, aim_cpu=1 / 1.15),
    Row("1m", "1 MiB ranges, hot", "hot", MIB, per="octet", aim_rate=1.0, aim_cpu=0.8),
    Row("100mb", "100 MB, whole", "whole", connections=8, per="octet", seconds_min=2, aim_rate=1.0, aim_cpu=1.0,
        aims_beside=(("static-web-server", 0.5),)),
    Row("parts", "32 ranges of 1 KiB in one request", "hot", KIB, parts=32, aim_rate=2.0, aim_cpu=0.5),
    Row("10k-files", "1 KiB ranges of 10,000 files", "small", KIB, aim_cpu=1 / 1.25),
    Row("tls-64k", "TLS, 64 KiB ranges, hot", "hot", 64 * KIB, tls=True, aim_rate=1.0, aim_cpu=1.0),
    Row("tls-100mb", "TLS, 100 MB, whole", "whole", tls=True, connections=8, per="octet", seconds_min=2,
        aim_rate=1.0, aim_cpu=1.0),
    Row("h2-64k", "HTTP/2 over TLS, 64 KiB ranges, 100 streams a connection", "hot", 64 * KIB, kind="h2load", tls=True, connections=4,
        aim_rate=1.0, aim_cpu=1.0),
    Row("idle", "10,000 idle connections", "hot", KIB, kind="idle", connections=10_000, rounds_max=2, aim_memory=1.0),
    Row("cold", "1 KiB ranges, hot, while 32 clients read cold files", "hot", KIB, kind="cold", connections=16, seconds_min=4),
    Row("aborts", "open ranges given up after 1 to 5 MB", "hot", kind="aborts", connections=8, per="octet"),
]
