# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""One exchange for each profile, compared with what net/http/pprof answers, by every way in: `weft run
--http` beside an instrumented server, the server's own listener, and a program as it is (redis)."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import time

import frontend
import harness
import pprof_file

COUNT = [("contentions", "count"), ("delay", "nanoseconds")]
HEAP = [("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"),
        ("inuse_space", "bytes")]
# Name: sample types, period type. Source: Go's runtime/pprof; for fgprof github.com/felixge/fgprof.
PROFILES = {
    "heap": (HEAP, ("space", "bytes")),
    "allocs": (HEAP, ("space", "bytes")),
    "block": (COUNT, ("contentions", "count")),
    "mutex": (COUNT, ("contentions", "count")),
    "goroutine": ([("goroutine", "count")], ("goroutine", "count")),
    "threadcreate": ([("threadcreate", "count"), ("live", "count")], ("threadcreate", "count")),
    "profile": ([("samples", "count"), ("cpu", "nanoseconds")], ("cpu", "nanoseconds")),
    "fgprof": ([("samples", "count"), ("time", "nanoseconds")], ("wallclock", "nanoseconds")),
}
# Often enough that a few seconds have something of each kind.
EVERYTHING = dict(os.environ, WEFT="memprofilerate=4096,blockprofilerate=1")
# A sanitizer's allocator is not watched.
MAY_BE_EMPTY = ("mutex", "heap", "allocs") if harness.SANITIZED else ("mutex",)
HEX = r"0x[0-9a-f]+"
FRAMES = rf"(#\t{HEX}(\t+.+\+{HEX}\t+.*:\d+)?\n)*\n"
TEXTS = {
    "heap": rf"heap profile: \d+: \d+ \[\d+: \d+\] @ heap/\d+\n"
            rf"(\d+: \d+ \[\d+: \d+\] @( {HEX})+\n{FRAMES})*\n?(# .*\n)+",
    "block": rf"--- contention:\ncycles/second=\d+\n(\d+ \d+ @( {HEX})+\n{FRAMES})*",
    "mutex": rf"--- mutex:\ncycles/second=\d+\nsampling period=1\n(\d+ \d+ @( {HEX})+\n{FRAMES})*",
    "goroutine": rf"goroutine profile: total \d+\n(\d+ @( {HEX})+\n(# labels: .*\n)?{FRAMES})+",
    "threadcreate": rf"threadcreate profile: total \d+\n(\d+ @( {HEX})+\n{FRAMES})+",
}
TEXTS["allocs"] = TEXTS["heap"]
STACKS = (r"(goroutine \d+ \[[^\n]+\]:\n([^\t\n]+\(\.\.\.\)\n\t.+:\d+( \+0x[0-9a-f]+)?\n"
          r"|\.\.\..+frames elided\.\.\.\n|created by .+\n\t.+\n)+\n?)+")


@contextlib.contextmanager
def server_under_run():
    """The example server under load: (outside, inside, pid)."""
    if "thread" in harness.SANITIZED:
        raise harness.Skip("`weft run` does not preload into programs with ThreadSanitizer")
    argv = [harness.WEFT, "run", "-q", "--http", "127.0.0.1:0", "--", frontend.SERVER, "-d",
            "127.0.0.1:0", "-n", 100000000, "-c", 2]
    said = r"listening on (\S+?)/debug/pprof/\n"
    with frontend.listening(*argv, said=said, ends="any", env=EVERYTHING) as outside:
        url = harness.wait_for(lambda: re.search(r"look at (\S+?)/debug/pprof/", outside.log_text()),
                               "the server's own listener").group(1)
        inside = frontend.Frontend(url, outside.process, outside.log)
        found = json.loads(outside.get("/debug/pprof/?format=json").text)
        yield outside, inside, found["process"]["pid"]


@contextlib.contextmanager
def redis_under_run(folder):
    if harness.SANITIZED:
        raise harness.Skip("a library with sanitizers cannot be preloaded into a program without")
    if not shutil.which("redis-server") or not shutil.which("redis-benchmark"):
        raise harness.Skip("redis-server and redis-benchmark are needed (package redis)")
    path = folder / "redis.socket"
    argv = [harness.WEFT, "run", "-q", "--http", "127.0.0.1:0", "--", "redis-server", "--port", 0,
            "--unixsocket", path, "--save", ""]
    with frontend.listening(*argv, said=r"listening on (\S+?)/debug/pprof/\n", ends="any",
                            env=EVERYTHING) as server:
        harness.wait_for(path.exists, "redis")
        with harness.started("redis-benchmark", "-s", path, "-n", 100000000, "-t", "set,get", "-q",
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            yield server


def check_profile(answer, name, file_name=None):
    """Status, headers, kind of profile, names in it. Returns it."""
    assert answer.status == 200, (name, answer.status, answer.text)
    assert answer["Content-Type"] == frontend.OCTETS
    assert answer["Content-Disposition"] == f'attachment; filename="{file_name or name}"'
    assert answer["X-Content-Type-Options"] == "nosniff" and answer["X-Go-Pprof"] is None
    assert answer["Content-Encoding"] is None and answer.body[:2] == b"\x1f\x8b", name
    found = pprof_file.decode(answer.body)
    assert found["types"] == PROFILES[name][0], (name, found["types"])
    assert found["period_type"] == PROFILES[name][1], (name, found["period_type"])
    return found


def functions(profile):
    return {function["name"] for function in profile["functions"].values()}


def check_endpoints(server, busy_function):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        wall = pool.submit(server.get, "/debug/fgprof?seconds=2")
        cpu = pool.submit(server.get, "/debug/pprof/profile?seconds=2")
        delta = {name: pool.submit(server.get, f"/debug/pprof/{name}?seconds=1")
                 for name in ("allocs", "goroutine")}
        for name in ("heap", "allocs", "block", "mutex", "goroutine", "threadcreate"):
            found = check_profile(server.get(f"/debug/pprof/{name}"), name)
            assert name in MAY_BE_EMPTY or functions(found), name
        assert busy_function in functions(check_profile(cpu.result(), "profile"))
        assert busy_function in functions(check_profile(wall.result(), "fgprof"))
        for name, answer in delta.items():
            found = check_profile(answer.result(), name, f"{name}-delta")
            assert 0.9e9 < found["duration_ns"] < 20e9, (name, found["duration_ns"])
    for name, grammar in TEXTS.items():
        answer = server.get(f"/debug/pprof/{name}?debug=1&gc=1")
        assert answer.status == 200 and answer["Content-Type"] == frontend.TEXT, (name, answer.status)
        assert answer["Content-Disposition"] is None
        assert re.fullmatch(grammar, answer.text), f"{name}: {answer.text}"
    text = server.get("/debug/pprof/goroutine?debug=2").text
    assert re.fullmatch(STACKS, text), text
    for path, status, words in (
            ("nonesuch", 404, "Unknown profile"),
            ("nonesuch?seconds=1", 404, "Unknown profile"),
            ("heap?seconds=0", 400, 'invalid value for "seconds" - must be a positive integer'),
            ("heap?seconds=1.5", 400, 'invalid value for "seconds" - must be a positive integer'),
            ("fgprof2?seconds=1", 404, "Unknown profile"),
            ("heap?seconds=1&debug=1", 400, "seconds and debug params are incompatible")):
        answer = server.get("/debug/pprof/" + path)
        assert (answer.status, answer.text) == (status, words + "\n"), (path, answer.text)
        assert answer["X-Go-Pprof"] == "1" and answer["Content-Type"] == frontend.TEXT
        assert answer["Content-Disposition"] is None


def test_every_profile_of_an_instrumented_server(folder):
    with server_under_run() as (outside, inside, pid):
        for server in (outside, inside):
            check_endpoints(server, "request_serve")


def test_every_profile_of_redis_as_it_is(folder):
    with redis_under_run(folder) as server:
        check_endpoints(server, "main")


def test_a_second_cpu_profile_is_refused(folder):
    with server_under_run() as (outside, inside, pid), concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(outside.get, "/debug/pprof/profile?seconds=3")
        time.sleep(1)
        answer = inside.get("/debug/pprof/profile?seconds=1")
        assert answer.status == 500 and answer["X-Go-Pprof"] == "1"
        assert answer.text == "Could not enable CPU profiling: cpu profiling already in use\n"
        check_profile(first.result(), "profile")


def test_go_tool_pprof_reads_all(folder):
    if not shutil.which("go"):
        raise harness.Skip("go tool pprof is needed (package golang-go)")
    with server_under_run() as (outside, inside, pid):
        environment = dict(os.environ, PPROF_TMPDIR=str(folder))
        for name, more in (("heap", ()), ("block", ()), ("goroutine", ()), ("profile", ("-seconds", 1)),
                           ("allocs", ("-seconds", 1))):
            done = harness.run("go", "tool", "pprof", "-top", "-nodecount=5", *more,
                               f"{outside.url}/debug/pprof/{name}", env=environment)
            assert "flat%" in done.stdout and "[server]" not in done.stdout, done.stdout


def total(profile, kind):
    column = [name for name, _ in profile["types"]].index(kind)
    return sum(sample["values"][column] for sample in profile["samples"])


def check_sizes(heap):
    """Each sample says how large its objects are in the mean, if any were allocated."""
    objects, space = ([name for name, _ in heap["types"]].index(f"alloc_{kind}")
                      for kind in ("objects", "space"))
    sized = [sample for sample in heap["samples"] if sample["values"][objects] > 0]
    assert sized, heap["samples"]
    for sample in sized:
        size = sample["values"][space] // sample["values"][objects]
        assert sample["labels"].get("bytes") == size, sample


def test_scrapers_get_deltas(folder):
    """Alloy's and Parca's rules: 200, octets, not empty, right types; delta_* since the last time."""
    if harness.SANITIZED:
        raise harness.Skip("a sanitizer's allocator is not watched")
    with server_under_run() as (outside, inside, pid):
        for server in (outside, inside):
            first = check_profile(server.get("/debug/pprof/delta_heap"), "heap", "delta_heap")
            time.sleep(1)
            second = check_profile(server.get("/debug/pprof/delta_heap"), "heap", "delta_heap")
            whole = check_profile(server.get("/debug/pprof/heap"), "heap")
            assert total(second, "alloc_space") < total(whole, "alloc_space")
            assert total(first, "alloc_space") + total(second, "alloc_space") <= \
                total(whole, "alloc_space")
            # What is in use is what is in use now.
            assert abs(total(second, "inuse_space") - total(whole, "inuse_space")) < \
                total(whole, "inuse_space") // 2 + (8 << 20)
            assert second["duration_ns"] > 0.9e9
            check_sizes(whole)
            check_sizes(second)
            check_sizes(check_profile(server.get("/debug/pprof/heap?seconds=1"), "heap", "heap-delta"))
            for name in ("block", "mutex"):
                check_profile(server.get(f"/debug/pprof/delta_{name}"), name, f"delta_{name}")
            for query in ("profile?seconds=1", "mutex?seconds=1", "block?seconds=1"):
                answer = server.get("/debug/pprof/" + query)
                assert answer.status == 200 and answer.body and \
                    answer["Content-Type"].startswith(frontend.OCTETS)


def test_the_index_tells_counts_and_sizes(folder):
    with server_under_run() as (outside, inside, pid):
        def rows():
            found = json.loads(outside.get("/debug/pprof/?format=json").text)
            return {row["name"]: row for row in found["profiles"]}
        before = rows()
        assert before["heap"]["last_bytes"] is None and before["goroutine"]["count"] > 3
        assert before["fgprof"]["href"] == "../fgprof"
        size = len(outside.get("/debug/pprof/heap").body)
        after = harness.wait_for(lambda: rows()["heap"]["last_bytes"] and rows(), "the size")
        assert after["heap"]["last_bytes"] == size and after["heap"]["last_duration_ns"] > 0
        assert f"{size / 1024:.1f} KiB" in outside.get("/debug/pprof/").text


def completions():
    """Helpers that complete profiles."""
    found = []
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            words = open(f"/proc/{entry}/cmdline", "rb").read().split(b"\0") if entry.isdigit() else []
            if words[1:3] == [b"symbolize", b"--helper"]:
                found.append(int(entry))
    return found


def test_many_clients_and_those_that_leave(folder):
    """200 at once: answered or refused, and nothing of them stays; the target goes on."""
    with server_under_run() as (outside, inside, pid):
        outside.get("/debug/pprof/heap")
        before = frontend.open_fds(outside.process.pid), frontend.open_fds(pid)
        names = ("heap", "goroutine", "block?debug=1", "goroutine?debug=2", "delta_heap", "nonesuch",
                 "heap?seconds=1", "../fgprof?seconds=1", "symbol?0x1", "", "cmdline")

        def ask(number):
            name = names[number % len(names)]
            if number % 5 == 4:  # Leaves before its answer.
                with contextlib.suppress(OSError), inside.connect() as client:
                    client.sendall(f"GET /debug/pprof/{name} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                    time.sleep(0.01 * (number % 7))
                return 0
            server = inside if number % 2 else outside
            path = "/debug/fgprof?seconds=1" if name.startswith("..") else "/debug/pprof/" + name
            return server.get(path, timeout=120).status
        with concurrent.futures.ThreadPoolExecutor(200) as pool:
            statuses = list(pool.map(ask, range(200)))
        assert set(statuses) <= {0, 200, 404, 429, 500}, statuses
        # Those that the process has no time for are asked again.
        assert statuses.count(200) > 50 > 2 * statuses.count(500), statuses
        harness.wait_for(lambda: not completions(), "helpers to end")
        harness.wait_for(lambda: frontend.open_fds(pid) <= before[1] + 2, "the target's descriptors")
        assert inside.get("/debug/pprof/heap").status == 200
        assert os.path.exists(f"/proc/{pid}")


def test_a_target_killed_meanwhile_is_told(folder):
    with server_under_run() as (server, inside, pid), concurrent.futures.ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(server.get, path) for path in (
            "/debug/pprof/profile?seconds=20", "/debug/pprof/heap?seconds=20",
            "/debug/fgprof?seconds=20")]
        time.sleep(1)
        os.kill(pid, 9)
        for answer in answers:
            try:
                found = answer.result(timeout=30)
                assert found.status in (404, 500) and found["X-Go-Pprof"] == "1", found.status
            except (http.client.HTTPException, ConnectionError, socket.timeout):
                pass  # `weft run` ends with its command, and the frontend with it.


def test_hostile_names_are_harmless(folder):
    with server_under_run() as (outside, inside, pid):
        for name in ("%00", "a%0Ab", "fetch%20debug=0", "../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd",
                     "heap%00", "heap%20", "'; DROP", "%ff%fe", "-o", "--helper", "x" * 4000):
            for query in ("", "?debug=1", "?seconds=1"):
                answer = outside.get(f"/debug/pprof/{name.replace(' ', '%20')}{query}")
                # Paths end at %00: what comes then is the index, or the profile.
                assert answer.status in (400, 404, 414, 431) or "%00" in name, (name, answer.status)
        assert outside.get("/debug/pprof/heap").status == 200


harness.main()
