"""Tests of the benchmark itself: that a server which answers wrongly gets no figures, and that ratios are what they say.

Run by `make bench`, and by hand: python3 benches/test_bench.py
"""

import http.server
import json
import os
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import instructions
from swath_bench import check, client_report, fetch, load, report
from swath_bench.files import Files, Group, Held, locked_octets
from swath_bench.peers import SWATH
from swath_bench.rows import ROWS, Row

LENGTH = 64 * 1024


class Liar(http.server.BaseHTTPRequestHandler):
    """Answers ranges rightly but for one `lie`."""

    protocol_version = "HTTP/1.1"
    lie = None
    content = b""

    def do_GET(self):
        first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        content = self.content[first : last + 1]
        content_range = f"bytes {first}-{last}/{len(self.content)}"
        status = 206
        if self.lie == "status":
            status = 200
        elif self.lie == "octet":
            content = content[:-1] + bytes([content[-1] ^ 1])
        elif self.lie == "short":
            content = content[:-1]
        elif self.lie == "elsewhere":
            content_range = f"bytes {first + 1}-{last + 1}/{len(self.content)}"
        elif self.lie == "later":
            Liar.asked += 1
            if Liar.asked > 14:
                content = bytes(len(content))
        self.send_response(status)
        self.send_header("Content-Range", content_range)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Answers(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.files = Files(Path(self.directory.name), 16 << 20)
        self.group = Group("/a/%d.bin", 1, LENGTH)
        self.files._make_group(self.group, 7)
        Liar.content = self.files.slice("/a/0.bin", 0, LENGTH)
        Liar.lie, Liar.asked = None, 0
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.port = server.server_port

    def before(self):
        check.before(self.port, False, self.files, self.group, 1024, 1)

    def test_right_answers_pass(self):
        self.before()
        with check.Watch(self.port, False, self.files, self.group, 1024, 1, 0.001) as watch:
            end = time.monotonic() + 10
            while watch.asked < 5 and time.monotonic() < end:
                time.sleep(0.01)
        self.assertGreaterEqual(watch.octets, 5 * 1024)

    def test_each_lie_is_found(self):
        for lie in ("status", "octet", "short", "elsewhere"):
            Liar.lie = lie
            with self.subTest(lie), self.assertRaises(check.WrongAnswer):
                self.before()

    def test_a_lie_under_load_is_found(self):
        Liar.lie = "later"
        self.before()
        with self.assertRaises(check.WrongAnswer):
            with check.Watch(self.port, False, self.files, self.group, 1024, 1, 0.001) as watch:
                watch.thread.join(10)

    def test_parts_are_compared_one_by_one(self):
        ranges = [(0, 10), (1000, 10)]

        def body(parts):
            return b"".join(
                b"\r\n--x\r\nContent-Range: bytes %d-%d/%d\r\n\r\n" % (first, first + n - 1, LENGTH) + Liar.content[first : first + n]
                for first, n in parts
            ) + b"\r\n--x--\r\n"

        def compare(content):
            check._multipart("multipart/byteranges; boundary=x", content, self.files, "/a/0.bin", ranges, LENGTH)

        compare(body(ranges))
        for wrong in (body(ranges[:1]), body(ranges[::-1]), body(ranges + [(2000, 10)]), body(ranges).replace(Liar.content[:10], bytes(10))):
            with self.assertRaises(check.WrongAnswer):
                compare(wrong)

    def test_files_never_repeat(self):
        self.assertEqual(len({Liar.content[at : at + 1024] for at in range(0, LENGTH, 1024)}), LENGTH // 1024)


class Counts(unittest.TestCase):
    row = Row("1k", "", "hot", 1024, connections=2)

    def test_octets_must_add_up(self):
        load._right_length(10, 10 * 1300, 1024, self.row)
        for requests, octets in ((10, 10 * 1024 - 1), (10, 100 * 1024), (0, 0)):
            with self.assertRaises(check.WrongAnswer):
                load._right_length(requests, octets, 1024, self.row)


class Readers(unittest.TestCase):
    """Those who read cold files: through a server, and beside it."""

    def setUp(self):
        # Not in /tmp: what lives in memory is never cold.
        self.directory = tempfile.TemporaryDirectory(dir="/var/tmp")
        self.addCleanup(self.directory.cleanup)
        self.files = Files(Path(self.directory.name), 16 << 20)
        self.files.cold = Group("/cold/%d.bin", 2, 4 << 20)
        self.files._make_group(self.files.cold, 9)
        self.cores = sorted(os.sched_getaffinity(0))

    def test_readers_beside_read_the_disk_at_the_pace_they_are_given(self):
        wanted = 6 << 20
        with load.ReadersBeside(self.files, self.cores, wanted) as readers:
            end = time.monotonic() + 30
            while sum(readers.octets) < wanted and time.monotonic() < end:
                time.sleep(0.01)
        self.assertGreaterEqual(sum(readers.octets), wanted)
        # Each may be one reading ahead.
        self.assertLess(sum(readers.octets), wanted * (time.monotonic() - readers.begun) + 2 * (256 << 10) + 1)

    def test_readers_that_find_all_in_memory_are_refused(self):
        self.files.forget = lambda path: None
        self.files.warm(self.files.cold)
        with self.assertRaisesRegex(check.WrongAnswer, "not cold"):
            with load.ReadersBeside(self.files, self.cores, 100 << 20):
                time.sleep(0.2)

    def test_readers_that_fail_are_told(self):
        with self.assertRaisesRegex(check.WrongAnswer, "FileNotFound"):
            with load.ReadersBeside(self.files, self.cores, 1 << 30) as readers:
                for path in self.files.paths(self.files.cold):
                    path.unlink()
                readers.thread.join(30)

    def test_what_is_held_stays_in_memory(self):
        # Less than may be locked anywhere.
        group = Group("/held/%d.bin", 2, 16 << 10)
        self.files._make_group(group, 10)
        with Held(self.files, group) as held:
            self.assertTrue(held.is_locked)
            self.assertGreaterEqual(locked_octets(), 32 << 10)
            self.assertTrue(self.is_in_memory(group))
        self.assertEqual(locked_octets(), 0)
        self.assertFalse(self.is_in_memory(group))

    def is_in_memory(self, group):
        """Whether a file's first octet is there without waiting, though the file was to be forgotten."""
        self.files.forget(group.path(0))
        with open(self.files.local(group.path(0)), "rb") as file:
            try:
                return os.preadv(file.fileno(), [bytearray(1)], 0, os.RWF_NOWAIT) == 1
            except BlockingIOError:
                return False


class Instructions(unittest.TestCase):
    def test_ranges_lie_within_the_file(self):
        for hot in instructions.HOT:
            for number in range(2 * hot.times if hot.length else 0):
                asked = instructions.ranges(hot, number)
                self.assertEqual(len(asked), hot.parts)
                self.assertTrue(all(0 <= first and first + length <= instructions.LENGTH for first, length in asked))

    def test_growth_is_told(self):
        table = instructions.table({"1k": 1200, "64k": 900}, {"1k": 1000})
        self.assertIn("| 1 KiB range | 1,200 | 1,000 | +20.0 % |", table)
        self.assertIn("| 64 KiB range | 900 |  | new |", table)

    def test_a_count_of_something_else_is_refused(self):
        self.assertEqual(instructions.counted("unhandled amd64-linux syscall: 437\nCollected : 12\n"), 12)
        for errors in ("", "unhandled amd64-linux syscall: 327\nCollected : 12\n"):
            with self.assertRaises(SystemExit):
                instructions.counted(errors)

    def test_what_was_accepted_is_there_for_every_request(self):
        accepted = json.loads(instructions.ACCEPTED.read_text())["instructions"]
        self.assertEqual(set(accepted), {hot.key for hot in instructions.HOT})


class Ratios(unittest.TestCase):
    def test_the_best_peer_is_meant_column_by_column(self):
        def runs(rate, cpu):
            return [{"rate": r, "cpu_per_1000": cpu} for r in (rate, rate, 10 * rate)]

        results = {SWATH: runs(300, 4.0), "H2O": runs(200, 8.0), "lighttpd": runs(100, 5.0), "nginx, tcp_nopush on": runs(50, 10.0), "Apache": "no figures"}
        found = {(what, whom): (round(ratio, 2), met) for what, whom, ratio, _, _, met in report.ratios(ROWS[0], results)}
        self.assertEqual(
            found, {("rate", "H2O"): (1.5, None), ("CPU", "lighttpd"): (0.8, True), ("CPU", "nginx, tcp_nopush on"): (0.4, True)}
        )

    def test_what_swath_does_by_the_way_is_held_against_itself_without(self):
        def runs(cpu):
            return [{"rate": 100, "cpu_per_1000": cpu}] * 3

        results = {SWATH: runs(4.0), "swath --log json": runs(6.0), "swath --inspect": runs(4.3)}
        found = {what: (whom, round(ratio, 2), met) for what, whom, ratio, _, _, met in report.ratios(ROWS[0], results)}
        own = "its own without"
        self.assertEqual(found, {"CPU with --log json": (own, 1.5, None), "CPU with --inspect": (own, 1.07, False)})

    def test_hot_requests_beside_cold_ones_are_held_against_peers_and_against_themselves(self):
        def runs(calm, through, beside):
            return [{"rate": 100, "calm_p99": calm, "p99": through, "beside_p99": beside}] * 3

        row = next(row for row in ROWS if row.kind == "cold")
        results = {SWATH: runs(0.5, 1.5, 1.25), "Caddy": runs(1.0, 3.0, 1.0), "nginx, tcp_nopush on": runs(0.5, 300, 0.5)}
        found = {whom: (round(ratio, 2), met) for _, whom, ratio, _, _, met in report.ratios(row, results)}
        self.assertEqual(
            found, {"Caddy": (0.5, True), "its own without": (3.0, False), "its own, they read beside it": (1.2, True)}
        )
        self.assertIn("| **swath** | 100 (100–100) | 0.50 (0.50–0.50) | 1.50 (1.50–1.50) | 1.25 (1.25–1.25) |", report.table(row, results))

    def test_a_run_without_swath_has_no_ratios(self):
        self.assertEqual(report.ratios(ROWS[0], {SWATH: "no figures: wrong"}), [])


class Downloads(unittest.TestCase):
    """Programs that make another file, or none, have no figures; one that makes the right one has."""

    def fetched(self, words):
        with tempfile.TemporaryDirectory() as work:
            right, folder = Path(work) / "right.bin", Path(work) / "got"
            right.write_bytes(b"octets" * 50_000)
            folder.mkdir()
            return fetch.fetch(["sh", "-c", words, "sh", str(right)], sorted(os.sched_getaffinity(0)), folder / "got.bin", right, dict(os.environ))

    def test_the_right_file_has_figures(self):
        run = self.fetched('sleep 0.1; cat "$1" > got.bin')
        self.assertGreater(run["rate"], 0)
        self.assertTrue(100 << 10 < run["peak"] < 64 << 20, run["peak"])

    def test_another_file_has_none(self):
        for words in ['tr o x < "$1" > got.bin', 'head -c 1000 "$1" > got.bin', "true", 'cat "$1" > got.bin; exit 3']:
            with self.assertRaises(check.WrongAnswer, msg=words):
                self.fetched(words)

    def test_aims_are_held_against_medians(self):
        def runs(rate, peak=1 << 20):
            return [{"rate": rate, "peak": peak}] * 3

        outcome = {"tmpfs-1": {"swath": runs(90), "curl": runs(100)}, "capped-1": {"swath": runs(10)}, "capped-8": {"swath": runs(79, 65 << 20)}}
        found = {what: met for what, _, _, met in client_report.aims(outcome, [])}
        self.assertEqual(
            found, {"one lane beside curl, tmpfs": False, "eight lanes beside one, 10 MB/s a connection": True, "peak memory": False}
        )


if __name__ == "__main__":
    unittest.main()
