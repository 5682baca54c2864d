"""The table: medians, how far they scattered, and ratios to the best peer.

In: the figures of all measurements. Out: Markdown.
"""

from statistics import median

from .peers import SERVERS, SWATH

PEERS = [server.name for server in SERVERS if server.is_peer]

# What swath does by the way, and the most CPU that it may cost.
OPTIONS = {server.name: {"swath --inspect": 1.05}.get(server.name) for server in SERVERS if server.has_option}


def middle(runs, key):
    values = [run[key] for run in runs if run.get(key) is not None]
    return median(values) if values else None


def _scatter(runs, key, scale, digits):
    values = [run[key] * scale for run in runs if run.get(key) is not None]
    if not values:
        return "–"
    text = f"{median(values):,.{digits}f}"
    return text if len(values) == 1 else f"{text} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


# Heading, key, scale, digits.
LOADED = [
    ("requests/s", "rate", 1, 0),
    ("GB/s", "octets_rate", 1e-9, 2),
    ("CPU ms per 1,000", "cpu_per_1000", 1, 1),
    ("CPU ms per GB", "cpu_per_gb", 1, 0),
    ("CPU ms of both ends per 1,000", "both_per_1000", 1, 1),
    ("p50 ms", "p50", 1, 2),
    ("p99 ms", "p99", 1, 2),
    ("peak MiB", "peak", 1 / (1 << 20), 0),
]
COLD = LOADED[:1] + [
    ("p99 ms, nobody reads", "calm_p99", 1, 2),
    ("32 read through the server", "p99", 1, 2),
    ("they read beside it", "beside_p99", 1, 2),
    ("cold MB/s through it", "cold_rate", 1e-6, 0),
    ("beside it", "beside_rate", 1e-6, 0),
    LOADED[-1],
]
IDLE = [("memory MiB", "memory", 1 / (1 << 20), 1), ("KiB a connection", "each", 1 / 1024, 2)]

# What swath's p99 is held against besides the peers', and how many times that it may be.
COLD_AIMS = [("its own without", "calm_p99", 2.0), ("its own, they read beside it", "beside_p99", 1.25)]


def columns(row):
    return {"cold": COLD, "idle": IDLE}.get(row.kind, LOADED)


def table(row, results):
    """One row of the work: a line per server."""
    wanted = columns(row)
    lines = ["| server | " + " | ".join(heading for heading, *_ in wanted) + " |", "|---|" + "---:|" * len(wanted)]
    for name, runs in results.items():
        if isinstance(runs, str):
            lines.append(f"| {name} | {runs.replace('|', '/')} |" + " |" * (len(wanted) - 1))
            continue
        shown = f"**{name}**" if name == SWATH else name
        lines.append(f"| {shown} | " + " | ".join(_scatter(runs, key, scale, digits) for _, key, scale, digits in wanted) + " |")
    return "\n".join(lines)


def _agreed(results):
    """Which cipher suites were in use, since a cheaper one is an advantage."""
    suites = {}
    for name, runs in results.items():
        if isinstance(runs, list) and runs and "tls" in runs[0]:
            suites.setdefault(runs[0]["tls"], []).append(name)
    return "".join(f" {suite}: {', '.join(names)}." for suite, names in suites.items())


def _best(results, key, pick, begins=""):
    found = {name: middle(results[name], key) for name in PEERS if name.startswith(begins) and isinstance(results.get(name), list)}
    found = {name: value for name, value in found.items() if value is not None}
    return pick(found.items(), key=lambda item: item[1]) if found else None


def ratios(row, results):
    """What is compared, with whom, swath's share of that, which way is better, the aim, and whether it was met."""
    ours = results.get(SWATH)
    if not isinstance(ours, list):
        return []
    cpu = "cpu_per_gb" if row.per == "octet" else "cpu_per_1000"
    rate = "octets_rate" if row.per == "octet" else "rate"
    if row.kind == "idle":
        wanted = [("memory", "memory", min, "nginx", row.aim_memory)]
    elif row.kind == "cold":
        wanted = [("p99 with cold readers", "p99", min, "", 1.0)]
    else:
        wanted = [("rate", rate, max, "", row.aim_rate), ("CPU", cpu, min, "", row.aim_cpu)]
        wanted += [("CPU", cpu, min, begins, aim) for begins, aim in row.aims_beside]
        wanted += [("CPU of both ends", "both_per_1000", min, "", None)]
    found = []
    for what, key, pick, begins, aim in wanted:
        best, own = _best(results, key, pick, begins), middle(ours, key)
        if best is not None and best[1] and own is not None:
            found.append(_verdict(what, best[0], own / best[1], pick, aim))
    for name in [name for name in OPTIONS if isinstance(results.get(name), list) and middle(ours, cpu)]:
        ratio = middle(results[name], cpu) / middle(ours, cpu)
        found.append(_verdict(f"CPU with {name.removeprefix(SWATH).strip()}", "its own without", ratio, min, OPTIONS[name]))
    for whom, key, aim in COLD_AIMS if row.kind == "cold" else []:
        if middle(ours, key):
            found.append(_verdict("p99 with cold readers", whom, middle(ours, "p99") / middle(ours, key), min, aim))
    return found


def _verdict(what, whom, ratio, pick, aim):
    met = None if aim is None else (ratio >= aim if pick is max else ratio <= aim)
    return what, whom, ratio, pick, aim, met


def summary(outcome):
    lines = ["| work | compared | with | swath is | aim | |", "|---|---|---|---:|---:|---|"]
    for row, results in outcome:
        for what, best, ratio, pick, aim, met in ratios(row, results):
            sign = "≥" if pick is max else "≤"
            aimed = "–" if aim is None else f"{sign} {aim:.2f}"
            verdict = {None: "", True: "met", False: "missed"}[met]
            lines.append(f"| {row.title} | {what} | {best} | {ratio:.2f} × | {aimed} | {verdict} |")
    return "\n".join(lines)


def others(outcome):
    """Cores that others kept busy, median and most."""
    values = [run["others"] for _, results in outcome for runs in results.values() if isinstance(runs, list) for run in runs]
    return (median(values), max(values)) if values else (0.0, 0.0)


def document(outcome, facts):
    """The whole page."""
    usual, most = others(outcome)
    parts = ["# swath and its peers, side by side", "", facts["label"], ""]
    if usual > 0.2:
        parts += [f"**The machine had other work to do: {usual:.1f} cores were busy with it on the median, {most:.1f} at most. Rates and latencies are not to be relied on; CPU is steadier.**", ""]
    parts += ["Ratios of medians, each to the best of the peers on that row and in that column (for rates more is better, for the rest less).", "", summary(outcome), ""]
    for row, results in outcome:
        parts += [f"## {row.title}", "", f"{row.connections:,} connections.{_agreed(results)}", "", table(row, results), ""]
    parts += ["## How it was measured", ""] + [f"- {line}" for line in facts["how"]]
    parts += [
        f"- While measuring, other programs kept {usual:.2f} cores busy on the median, {most:.2f} at most.",
        "- CPU is user and system time of all processes of the server. Work that the kernel does for it on the load's cores is not in it: "
        "octets that wait in the server's socket until the peer makes room are sent, over loopback, on the peer's account. "
        "CPU of both ends adds the load's own, which is the same program for all servers.",
        "- Peak memory is the sum of each process's peak; what processes share counts once for each. Memory of idle connections is proportional: shared pages count once in all. What the kernel holds for sockets is in neither.",
        "- Latency is as the load program saw it with all its connections asking as fast as they are answered: it tells about queues at full load.",
        "- Every server's answers were compared with the files before the clock ran, and again and again while it ran; a server with a wrong or short answer has no figures.",
        "- Figures are medians; lowest and highest in brackets.",
        "", "Repeat it with", "", "```sh", facts["command"], "```", "", "[benches/README.md](../benches/README.md) tells what each row does.", "",
    ]
    return "\n".join(parts)
