# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""Traces over HTTP: real readers open them; several at once; nothing is left behind."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import time

import frontend
import harness
import viewer

FOLLOW = harness.BUILD / "tests" / "programs" / "test-follow"


def verify(path):
    found = json.loads(harness.weft("verify", "--json", "--strict", path).stdout)
    assert found["accepted"], found
    return found


def left_behind():
    return frontend.sessions(), frontend.helpers(), frontend.folders()


def test_curl_then_go_tool_trace(folder):
    with frontend.target() as target, frontend.serve("--pid", target.pid) as server:
        url = f"{server.url}/debug/pprof/trace?seconds=2"
        headers = folder / "headers"
        harness.run("curl", "-sS", "--fail", "-D", headers, "-o", folder / "trace", url)
        assert target.poll() is None
    lines = headers.read_text().lower().splitlines()
    assert lines[0].startswith("http/1.1 200")
    assert "content-type: application/octet-stream" in lines
    assert 'content-disposition: attachment; filename="trace"' in lines
    assert "x-content-type-options: nosniff" in lines
    found = verify(folder / "trace")
    assert found["task_end_count"] > 100
    # Not the default of 1 s; how much longer it is, is up to the machine's load.
    assert (found["last_ns"] - found["first_ns"]) / 1e9 > 1.5, found
    for reader in harness.readers():
        with reader.serve(folder / "trace") as address:
            assert viewer.tasks(address)["request"] > 50, f"{reader}: {viewer.tasks(address)}"


def test_bytes_flow_while_it_is_recorded(folder):
    """Generations leave at their end; together they are what one pass over the whole would be."""
    with frontend.target() as target, frontend.serve("--pid", target.pid) as server, \
            server.connect() as client:
        client.sendall(b"GET /debug/pprof/trace?seconds=5 HTTP/1.0\r\nHost: localhost\r\n\r\n")
        arrived = []  # (when, bytes so far)
        content = b""
        while block := client.recv(65536):
            content += block
            arrived.append((time.monotonic(), len(content)))
    head, _, body = content.partition(b"\r\n\r\n")
    assert b" 200 " in head.splitlines()[0], head
    (folder / "trace").write_bytes(body)
    found = verify(folder / "trace")
    assert found["task_end_count"] > 100 and found["generation_count"] >= 4, found
    first = next(when for when, size in arrived if size > 20000)
    ahead = arrived[-1][0] - first
    print(f"         the first generation came {ahead:.1f} s before the end")
    assert ahead > 2 or harness.SANITIZED, arrived[:3] + arrived[-3:]


def packets(path):
    """(end in nanoseconds, bytes) of each packet of a stream file."""
    content, at, found = path.read_bytes(), 0, []
    while at < len(content):
        _, end, _, size = struct.unpack_from("<QQQQ", content, at + 32)
        found.append((end, content[at:at + size // 8]))
        at += size // 8
    return found


def grow(whole, part):
    """Copies a recording packet by packet, a tenth of a second at a time; yields in between."""
    streams = []
    for path in sorted(whole.rglob("*")):
        copy = part / path.relative_to(whole)
        if path.is_file() and "index" not in path.parts:
            copy.parent.mkdir(parents=True, exist_ok=True)
            if path.name == "metadata":
                copy.write_bytes(path.read_bytes())
            elif path.parent.joinpath("metadata").exists():
                streams += [(end, content, copy) for end, content in packets(path)]
    last = 0
    for end, content, copy in sorted(streams, key=lambda packet: packet[0]):
        if end > last + 100_000_000:
            last = end
            yield
        with open(copy, "ab") as file:
            file.write(content)


def test_what_is_followed_is_what_is_converted(folder):
    """In steps, the same tasks, regions, logs, waits and wake-ups as from the whole recording."""
    with frontend.target() as target:
        harness.weft("record", "-o", folder / "whole", "--pid", target.pid, "--seconds", 4)
    harness.weft("convert", folder / "whole", "-o", folder / "whole.trace")
    (folder / "part").mkdir()
    with harness.started(FOLLOW, folder / "part", folder / "part.trace", stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, text=True) as follow:
        steps = 0
        for _ in grow(folder / "whole", folder / "part"):
            follow.stdin.write("\n")
            follow.stdin.flush()
            assert follow.stdout.readline() == "step\n"
            steps += 1
        said = follow.communicate()[0]
    assert follow.returncode == 0 and steps > 20, (said, steps)
    one, other = verify(folder / "whole.trace"), verify(folder / "part.trace")
    for key in ("task_begin_count", "task_end_count", "region_begin_count", "region_end_count",
                "log_count", "open_task_count", "open_region_count", "first_ns", "last_ns",
                "goroutine_count"):
        assert one[key] == other[key], (key, one, other)
    for kind in ("GoBlock", "GoUnblock", "GoStart", "GoStop"):
        assert one["events"].get(kind) == other["events"].get(kind), (kind, one, other)
    assert other["task_end_count"] > 1000, other


def test_four_traces_at_once(folder):
    with frontend.target() as target, frontend.serve("--max-traces", 5) as server:
        path = f"/{target.pid}/debug/pprof/trace?seconds=1.5"
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            answers = list(pool.map(lambda _: server.get(path), range(5)))
        for number, answer in enumerate(answers):
            assert answer.status == 200, answer.text
            (folder / f"{number}.trace").write_bytes(answer.body)
            assert verify(folder / f"{number}.trace")["task_end_count"] > 50
        harness.wait_for(lambda: not any(left_behind()), f"leftovers to go: {left_behind()}")


def test_one_too_many_is_told(folder):
    with frontend.target() as target, \
            frontend.serve("--pid", target.pid, "--max-traces", 1) as server:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            first = pool.submit(server.get, "/debug/pprof/trace?seconds=2")
            harness.wait_for(frontend.helpers, "the first trace")
            answer = server.get("/debug/pprof/trace?seconds=1")
            assert answer.status == 429, answer.status
            assert answer.text == "too many traces at once: limit=1\n" and answer["Retry-After"]
            assert server.get("/debug/pprof/").status == 200, "a trace delays other pages"
            assert first.result().status == 200


def test_a_client_that_leaves_ends_its_session(folder):
    with harness.session_daemon(), frontend.target() as target, \
            frontend.serve("--pid", target.pid) as server:
        before = frontend.open_fds(server.process.pid)
        times = []
        for way in ("close", "reset", "close", "reset"):
            with server.connect() as client:
                client.sendall(b"GET /debug/pprof/trace?seconds=10 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                harness.wait_for(frontend.sessions, "the session")
                if way == "reset":
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            start = time.monotonic()
            harness.wait_for(lambda: not frontend.sessions(), "the session's end")
            times.append(time.monotonic() - start)
            print(f"         session gone after {times[-1]:.2f} s ({way})")
        # Each goes; how soon one does is up to the machine's load as well.
        assert min(times) < (10 if harness.SANITIZED else 2), times
        harness.wait_for(lambda: not any(left_behind()), "leftovers to go")
        harness.wait_for(lambda: frontend.open_fds(server.process.pid) <= before,
                         "descriptors to be closed")
        assert server.log_text().count("incomplete") == 4, server.log_text()


def test_a_target_killed_meanwhile_still_has_its_trace(folder):
    with harness.session_daemon(), frontend.target() as target, frontend.serve() as server:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(server.get, f"/{target.pid}/debug/pprof/trace?seconds=3")
            harness.wait_for(frontend.sessions, "the trace to begin")
            time.sleep(1.5)
            target.kill()
            answer = answer.result()
        assert answer.status == 200
        (folder / "trace").write_bytes(answer.body)
        assert verify(folder / "trace")["task_end_count"] > 50
        harness.wait_for(lambda: not any(left_behind()), "leftovers to go")


def test_a_server_killed_meanwhile_leaves_nothing(folder):
    with frontend.target() as target:
        argv = [harness.WEFT, "serve", "-l", f"unix:{folder}/socket", "--pid", target.pid]
        with harness.started(*argv, stderr=harness.subprocess.DEVNULL) as server:
            harness.wait_for((folder / "socket").exists, "the socket")
            with harness.started("curl", "-s", "--unix-socket", folder / "socket", "-o",
                                 folder / "trace", "http://localhost/debug/pprof/trace?seconds=10"):
                harness.wait_for(frontend.helpers, "the trace")
                time.sleep(1)
                server.send_signal(signal.SIGKILL)
                server.wait()
                harness.wait_for(lambda: not frontend.helpers() and not frontend.folders(),
                                 "the recording to go")
        # The socket that was left is no obstacle; what kept the daemon is removed.
        with harness.started(*argv, stderr=harness.subprocess.DEVNULL):
            def answers():
                return harness.run("curl", "-s", "--unix-socket", folder / "socket",
                                   "http://localhost/debug/pprof/cmdline", check=False).stdout
            assert "server" in harness.wait_for(answers, "the next server")
            harness.wait_for(lambda: not frontend.sessions(), "the old session to go")


def test_leftovers_of_a_killed_helper_are_removed_by_the_next(folder):
    with frontend.target() as target, frontend.serve("--pid", target.pid) as server:
        with server.connect() as client:
            client.sendall(b"GET /debug/pprof/trace?seconds=10 HTTP/1.1\r\nHost: localhost\r\n"
                           b"Connection: close\r\n\r\n")
            harness.wait_for(lambda: frontend.folders() and frontend.sessions(), "its session")
            os.kill(frontend.helpers()[0], signal.SIGKILL)
            client.settimeout(20)
            while client.recv(65536):
                pass
        left = frontend.folders()
        assert left
        for name in left:  # As if it had happened long ago.
            os.utime(pathlib.Path(os.environ["TMPDIR"], name), (time.time() - 60,) * 2)
        assert server.get("/debug/pprof/trace?seconds=0.3").status == 200
        harness.wait_for(lambda: not any(left_behind()), f"leftovers to go: {left_behind()}")


def test_a_session_daemon_killed_meanwhile_breaks_the_answer_and_nothing_else(folder):
    with harness.session_daemon() as daemon, frontend.target() as target, \
            frontend.serve("--pid", target.pid) as server:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(server.get, "/debug/pprof/trace?seconds=9")
            harness.wait_for(frontend.sessions, "the session")
            time.sleep(1)
            for child in daemon_family(daemon.pid):
                os.kill(child, signal.SIGKILL)
            try:
                assert answer.result().status == 500
            except http.client.IncompleteRead:
                pass  # It had begun: cut, and so told.
        assert target.poll() is None
        answer = server.get("/debug/pprof/trace?seconds=0.5")
        assert answer.status == 200, answer.text
        harness.wait_for(lambda: not any(left_behind()), f"leftovers to go: {left_behind()}")


def test_a_session_daemon_that_hangs_is_ended(folder):
    """One of ours, with all that it started: the next trace has another."""
    with frontend.target() as target, frontend.serve("--pid", target.pid) as server, \
            server.connect() as client:
        client.sendall(b"GET /debug/pprof/trace?seconds=9 HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in client.recv(65536), "headers come once it is recorded"
        hung = frontend.daemons()
        assert len(hung) > 1, hung
        for pid in hung:
            os.kill(pid, signal.SIGSTOP)
        while client.recv(65536):
            pass
        assert "did not answer" in why_incomplete(server)
        assert not set(hung) & set(frontend.daemons()), "what hung is still there"
        answer = server.get("/debug/pprof/trace?seconds=0.5")
        assert answer.status == 200, answer.text
        harness.wait_for(lambda: not any(left_behind()), f"leftovers to go: {left_behind()}")
        assert target.poll() is None


def daemon_family(pid):
    """A process and what it started, itself last."""
    family = [pid]
    for parent in family:
        for task in pathlib.Path(f"/proc/{parent}/task").iterdir():
            family += [int(word) for word in (task / "children").read_text().split()]
    return family[::-1]


def test_a_recording_ends_at_its_limit_on_disk(folder):
    with frontend.target(clients=8) as target, \
            frontend.serve("--pid", target.pid, "--max-disk", 1) as server:
        start = time.monotonic()
        answer = server.get("/debug/pprof/trace?seconds=10")
        took = time.monotonic() - start
        assert answer.status == 200, answer.text
        assert took < 9, f"{took:.1f} s: the limit was not kept"
        (folder / "trace").write_bytes(answer.body)
        assert verify(folder / "trace")["task_end_count"] > 50


@contextlib.contextmanager
def small_disk(folder, size):
    """Recordings go to a file system of that size, which is empty again in the end."""
    if os.geteuid() != 0:
        raise harness.Skip("only root can make a small disk")
    disk = folder / "disk"
    disk.mkdir()
    harness.run("mount", "-t", "tmpfs", "-o", f"size={size}", "small", disk)
    before, os.environ["TMPDIR"] = os.environ["TMPDIR"], str(disk)
    try:
        yield disk
        harness.wait_for(lambda: os.listdir(disk) == [], "the disk to be empty again")
        # A consumer daemon that hangs would be there still, with a CPU of its own.
        harness.wait_for(lambda: not frontend.daemons(), f"daemons to end: {frontend.daemons()}")
    finally:
        os.environ["TMPDIR"] = before
        harness.run("umount", "-l", disk)


def fill(disk):
    with open(disk / "filler", "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))


def why_incomplete(server):
    def told():
        return re.search(r" 200 \d+ B [\d.]+ s incomplete: (.*)", server.log_text())
    return harness.wait_for(told, "the log").group(1)


def broken_answer(server, path):
    """What came of an answer that breaks off, and why by the log."""
    try:
        answer = server.get(path)
        raise AssertionError(f"all of it came: {answer.status} {answer.body[:200]}")
    except http.client.IncompleteRead as broken:
        return broken.partial, why_incomplete(server)


def test_a_full_disk_is_told(folder):
    with small_disk(folder, "32m") as disk, frontend.target() as target, \
            frontend.serve("--pid", target.pid) as server:
        harness.run("dd", "if=/dev/zero", f"of={disk}/filler", "bs=1M", "count=31")
        answer = server.get("/debug/pprof/trace?seconds=9")
        assert answer.status == 500 and "disk" in answer.text, answer.text
        os.unlink(disk / "filler")
        assert server.get("/debug/pprof/trace?seconds=0.2").status == 200
        assert target.poll() is None


def test_a_disk_that_is_too_small_ends_a_trace_early(folder):
    """What was recorded by then comes whole, or the log says why not even that."""
    if harness.SANITIZED:
        raise harness.Skip("a program with sanitizers is too slow to fill a disk in the time")
    with small_disk(folder, "24m"), frontend.target(clients=8) as target, \
            frontend.serve("--pid", target.pid) as server:
        body, why = broken_answer(server, "/debug/pprof/trace?seconds=9")
        assert "is nearly full" in why, why
        if not re.search("the trace up to then is lost: .+", why):
            (folder / "trace").write_bytes(body)
            assert verify(folder / "trace")["task_end_count"] > 50


def test_a_disk_that_fills_meanwhile_breaks_the_answer(folder):
    """Between two looks somebody else takes all there is."""
    with small_disk(folder, "64m") as disk, frontend.target(clients=1) as target, \
            frontend.serve("--pid", target.pid) as server:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(broken_answer, server, "/debug/pprof/trace?seconds=9")
            harness.wait_for(lambda: list(disk.glob("weft-http-*/ust/uid/*/*/weft_*")),
                             "buffers to be written")
            fill(disk)
            why = answer.result()[1]
        assert "disk" in why or "No space left" in why, why
        os.unlink(disk / "filler")
        assert server.get("/debug/pprof/trace?seconds=0.2").status == 200
        assert target.poll() is None


def test_an_uninstrumented_process_says_why_not(folder):
    with harness.started("sleep", 100) as target, frontend.serve() as server:
        answer = server.get(f"/{target.pid}/debug/pprof/trace?seconds=1")
        assert answer.status == 500, answer.status
        assert answer.text.startswith("Could not enable tracing: "), answer.text
        assert "not instrumented" in answer.text, answer.text
        assert answer["X-Go-Pprof"] == "1" and answer["Content-Disposition"] is None


harness.main()
