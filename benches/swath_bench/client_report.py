"""The page about clients: medians, scatter, ratios, and whether the aims were met.

In: the figures of all downloads. Out: Markdown.
"""

from .report import _scatter, middle

COLUMNS = [
    ("GB/s", "rate", 1e-9, 2),
    ("seconds", "seconds", 1, 2),
    ("CPU s per GB", "cpu_per_gb", 1, 2),
    ("peak MiB", "peak", 1 / (1 << 20), 0),
]


def table(results):
    lines = ["| program | " + " | ".join(heading for heading, *_ in COLUMNS) + " |", "|---|" + "---:|" * len(COLUMNS)]
    for name, runs in results.items():
        if isinstance(runs, str):
            lines.append(f"| {name} | {runs.replace('|', '/')} |" + " |" * (len(COLUMNS) - 1))
            continue
        shown = f"**{name}**" if name.startswith("swath") else name
        lines.append(f"| {shown} | " + " | ".join(_scatter(runs, key, scale, digits) for _, key, scale, digits in COLUMNS) + " |")
    return "\n".join(lines)


def aims(outcome, rust):
    """Lines of: what, the ratio or figure, the aim, whether it is met."""
    found = []

    def rate(row, name):
        runs = outcome.get(row, {}).get(name)
        return middle(runs, "rate") if isinstance(runs, list) and runs else None

    def compare(what, ours, theirs, aim):
        if ours and theirs:
            found.append((what, f"{ours / theirs:.2f} ×", f"≥ {aim:.2f} ×", ours / theirs >= aim))

    for sink in ("tmpfs", "disk"):
        compare(f"one lane beside curl, {sink}", rate(f"{sink}-1", "swath"), rate(f"{sink}-1", "curl"), 1.0)
        compare(f"eight lanes beside aria2, {sink}", rate(f"{sink}-8", "swath"), rate(f"{sink}-8", "aria2"), 1.5)
    fastest = max((rate("tmpfs-8", name) or 0 for name in rust), default=0)
    compare("eight lanes beside the fastest Rust peer, tmpfs", rate("tmpfs-8", "swath"), fastest, 1.0)
    compare("journal beside one fdatasync, disk", rate("disk-8", "swath"), rate("disk-8", "swath without a journal"), 0.9)
    compare("eight lanes beside one, 10 MB/s a connection", rate("capped-8", "swath"), rate("capped-1", "swath"), 7.6)
    peaks = [run["peak"] for results in outcome.values() for name, runs in results.items() if name == "swath" and isinstance(runs, list) for run in runs]
    if peaks:
        found.append(("peak memory", f"{max(peaks) / (1 << 20):.0f} MiB", "≤ 64 MiB", max(peaks) <= 64 << 20))
    return found


def summary(outcome, rust):
    lines = ["| swath | is | aim | |", "|---|---:|---:|---|"]
    lines += [f"| {what} | {value} | {aim} | {'met' if met else '**missed**'} |" for what, value, aim, met in aims(outcome, rust)]
    return "\n".join(lines)


def document(outcome, titles, rust, facts):
    runs = [run for results in outcome.values() for found in results.values() if isinstance(found, list) for run in found]
    others = middle(runs, "others") or 0.0
    parts = ["# swath get and its peers, side by side", "", facts["label"], ""]
    if others > 0.5:
        parts += [f"**The machine had other work to do: beside the program that was measured and nginx, which is counted too, {others:.1f} cores were busy on the median.**", ""]
    parts += ["Ratios of medians.", "", summary(outcome, rust), ""]
    for row, results in outcome.items():
        parts += [f"## {titles[row]}", "", table(results), ""]
    parts += ["## How it was measured", ""] + [f"- {line}" for line in facts["how"]]
    parts += [
        "- The clock runs from the program's start to its end. swath and takanawa have made durable by then what they say is done; the others leave that to the kernel.",
        "- CPU is user and system time of the program and its children. Peak memory is its resident set's; for mapped files that includes the file.",
        "- Every file was compared with the original; a program that made another file has no figures in that row.",
        "- Figures are medians; lowest and highest in brackets.",
        "", "Repeat it with", "", "```sh", facts["command"], "```", "",
    ]
    return "\n".join(parts)
