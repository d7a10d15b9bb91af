# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""The examples do what they say, unrecorded: results, counts, wrong usage."""

import gzip
import json
import os
import random
import resource
import signal
import socket

import harness
from harness import BUILD

BIN = BUILD / "bin"
NUMBERED = ("server", "producer", "render")
ALL = (*NUMBERED, "compress")


def counts_of(name, *argv, status=0, **options):
    """Runs an example; its line of counts, after what must hold for every such line."""
    done = harness.run(BIN / name, *argv, check=False, **options)
    assert done.returncode == status, (name, argv, done.returncode, done.stderr)
    assert done.stdout.count("\n") == 1 and done.stdout.endswith("\n"), done.stdout
    counts = json.loads(done.stdout)
    assert counts["logs"] == sum(counts["log_categories"].values()), counts
    for task, failed in counts["failed"].items():
        assert 0 <= failed <= counts["tasks"][task], counts
    return counts


def test_server_counts_follow_from_the_requests(_):
    requests = 700
    nonsense = sum(number % 33 == 32 for number in range(requests))
    missing = sum(number % 20 == 19 and number % 33 != 32 for number in range(requests))
    for threads, clients in ((1, 1), (4, 4), (3, 16)):
        counts = counts_of("server", "-n", requests, "-t", threads, "-c", clients)
        asked = requests - nonsense
        served = asked - missing
        assert counts["tasks"] == {"request": requests, "lookup": asked}, counts
        assert counts["failed"] == {"request": nonsense + missing, "lookup": missing}, counts
        assert counts["regions"] == {"parse": requests, "work": asked, "wait": asked,
                                     "search": asked, "checksum": served,
                                     "reply": requests}, counts
        assert counts["log_categories"] == {"client": requests, "path": asked, "bytes": served,
                                            "error": nonsense + missing}, counts


def document_17():
    """What the server must answer for /document/17, computed here once more."""
    mask = (1 << 64) - 1
    state, total = 18 * 0x9e3779b97f4a7c15 & mask, 0xcbf29ce484222325
    size = 2048 + 64 * 17
    for _ in range(size):
        state ^= state << 13 & mask
        state ^= state >> 7
        state ^= state << 17 & mask
        total = (total ^ ord("a") + state % 26) * 0x100000001b3 & mask
    return f"{total:016x} {size}\n"


def ask(port, request):
    with socket.create_connection(("127.0.0.1", port), timeout=harness.PATIENCE_S) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
    head, _, body = answer.decode().partition("\r\n\r\n")
    return int(head.split()[1]), body


def test_server_answers_clients_of_other_programs(_):
    requests = (
        (b"GET /document/17 HTTP/1.0\r\nHost: here\r\n\r\n", 200, document_17()),
        (b"GET /document/100 HTTP/1.0\r\n\r\n", 404, "no such document\n"),
        (b"GET /document/-1 HTTP/1.0\r\n\r\n", 400, None),
        (b"GET /document/99999999999 HTTP/1.0\r\n\r\n", 400, None),
        (b"GET /document/ HTTP/1.0\r\n\r\n", 400, None),
        (b"GET /else HTTP/1.0\r\n\r\n", 400, None),
        (b"\0\xff\r\n\r\n", 400, None),
        (b"GET /document/17", 408, None),
        (b"", 408, None),
        (b"GET /" + b"a" * 4091, 431, None),
    )
    with harness.started(BIN / "server", "-c", 0, "-n", len(requests), text=True,
                         stdout=harness.subprocess.PIPE,
                         stderr=harness.subprocess.PIPE) as server:
        port = int(server.stderr.readline().rsplit(":", 1)[1])
        for request, status, body in requests:
            answer = ask(port, request)
            assert answer[0] == status, (request, answer)
            assert body is None or answer[1] == body, (request, answer)
        counts = json.loads(server.stdout.read())
        assert server.wait(harness.PATIENCE_S) == 0
    assert counts["tasks"] == {"request": len(requests), "lookup": 2}, counts
    assert counts["failed"] == {"request": len(requests) - 1, "lookup": 1}, counts


def test_server_says_that_its_port_is_taken(_):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        done = harness.run(BIN / "server", "-p", holder.getsockname()[1], "-n", 1, check=False)
    assert done.returncode == 1 and "Address already in use" in done.stderr, done
    assert done.stderr.count("\n") == 1 and not done.stdout, done


def test_compress_gives_back_every_byte(folder):
    random.seed(1)
    block = 16 << 10
    sizes = {"empty": 0, "one": 1, "full": block, "twice": 2 * block, "odd": 20 * block + 4711}
    contents = {name: bytes(random.choices(b"abcdefgh\0\xff", k=size))
                for name, size in sizes.items()}
    contents["noise"] = random.randbytes(7 * block - 1)  # Grows when compressed.
    paths = []
    for name, content in contents.items():
        paths.append(folder / name)
        paths[-1].write_bytes(content)
    blocks = sum(len(content) // block + 1 for content in contents.values())
    for threads, level in ((1, 1), (4, 6), (7, 9)):
        counts = counts_of("compress", "-t", threads, "-l", level, "-b", block >> 10, "-f",
                           "--counts", *paths)
        assert counts["tasks"] == {"file": len(paths), "block": blocks}, counts
        assert counts["failed"] == {"file": 0, "block": 0}, counts
        assert counts["regions"] == {"read": blocks, "deflate": blocks, "write": blocks}, counts
        assert counts["bytes_in"] == sum(map(len, contents.values())), counts
        assert counts["bytes_out"] == sum(os.path.getsize(f"{path}.gz") for path in paths)
        for name, content in contents.items():
            packed = folder / f"{name}.gz"
            assert gzip.decompress(packed.read_bytes()) == content, name
            harness.run("gunzip", "--test", packed)
    harness.run("gunzip", "--force", folder / "odd.gz")
    assert (folder / "odd").read_bytes() == contents["odd"]


def test_compress_keeps_what_exists_and_goes_on_after_a_failure(folder):
    good, other = folder / "good", folder / "other"
    good.write_text("good")
    other.write_text("other")
    (folder / "good.gz").write_text("precious")
    done = harness.run(BIN / "compress", good, folder / "absent", folder, other, check=False)
    assert done.returncode == 1 and not done.stdout, done
    lines = done.stderr.splitlines()
    assert len(lines) == 3 and "--force" in lines[0] and "absent" in lines[1], done.stderr
    assert "not a regular file" in lines[2], done.stderr
    assert (folder / "good.gz").read_text() == "precious"
    assert gzip.decompress((folder / "other.gz").read_bytes()) == b"other"


def test_compress_leaves_no_half_file(folder):
    source = folder / "source"
    source.write_bytes(random.randbytes(1 << 20))
    # With SIGXFSZ ignored, which the child inherits, its write() fails at the limit.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    counts = counts_of(
        "compress", "-b", 64, "--counts", source, status=1, restore_signals=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000)))
    assert counts["failed"]["file"] == 1 and counts["failed"]["block"] == 1, counts
    assert not (folder / "source.gz").exists()


def test_pipeline_orders_arrive_and_damage_is_seen(_):
    orders, damaged = 260, 260 // 25
    seen = []
    for threads in (1, 3):
        counts = counts_of("producer", "-n", orders, "-t", threads)
        assert counts["tasks"] == {"order": orders}, counts
        assert counts["failed"] == {"order": damaged}, counts
        assert counts["regions"] == {"compose": orders, "send": orders, "check": orders,
                                     "count": orders - damaged}, counts
        assert counts["log_categories"] == {"number": orders,
                                            "words": orders - damaged}, counts
        seen.append(counts["words"])
    assert seen[0] == seen[1] > orders, seen


def test_pipeline_reports_a_missing_or_failing_consumer(folder):
    done = harness.run(BIN / "producer", "--consumer", folder / "absent", check=False)
    assert done.returncode == 1 and "absent: No such file" in done.stderr, done
    done = harness.run(BIN / "producer", "-n", 3, "--consumer", "/bin/false", check=False)
    assert done.returncode == 1 and "consumer failed" in done.stderr, done
    done = harness.run(BIN / "consumer", 1, check=False)
    assert done.returncode == 1 and "start producer" in done.stderr, done
    for argv in ((), ("0",), ("65",), ("x",), ("1", "2")):
        done = harness.run(BIN / "consumer", *argv, check=False)
        assert done.returncode == 2 and "Usage: consumer" in done.stderr, (argv, done)


def test_render_results_do_not_depend_on_threads(_):
    first, second = (counts_of("render", "-n", 11, "-t", threads) for threads in (1, 5))
    assert first == second
    assert first["tasks"] == {"picture": 11} and first["failed"] == {"picture": 1}, first
    assert first["regions"] == {"tile": 11 * 16, "encode": 10}, first
    assert first["steps"] > 0 and first["bytes"] > 0, first


def test_help_names_every_option(_):
    for name in ALL:
        text = harness.run(BIN / name, "--help").stdout
        assert text.startswith(f"Usage: {name} ") and "--threads" in text, text
    assert "Usage: consumer" in harness.run(BIN / "consumer", "--help").stdout


def test_wrong_usage_is_status_2_and_one_clear_line(folder):
    wrong = [(name, "-t", value) for name in ALL for value in ("0", "65", "-1", "x", "4x", "")]
    wrong += [(name, "-n", value) for name in NUMBERED
              for value in ("0", "-5", "x", "99999999999999999999")]
    wrong += [(name, "--no-such-option") for name in ALL]
    wrong += [(name, "stray") for name in NUMBERED]
    wrong += [("server", "-c", "65"), ("server", "-p", "65536"), ("compress",),
              ("compress", "-b", "0", "f"), ("compress", "-l", "10", "f")]
    for name, *argv in wrong:
        done = harness.run(BIN / name, *argv, check=False, cwd=folder)
        lines = done.stderr.splitlines()
        assert done.returncode == 2 and not done.stdout, (name, argv, done)
        assert len(lines) == 2 and lines[1] == f"Try '{name} --help'.", (name, argv, done)


harness.main()
