# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""Profiles that a process offers, by all ways in: `weft serve`, its own listener, mounted handlers."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time

import frontend
import harness

DEBUG = harness.BUILD / "tests" / "programs" / "test-debug"


@contextlib.contextmanager
def program(mode):
    """Yields (process, what it listens on, its log)."""
    with frontend.listening(DEBUG, mode, stdin=subprocess.PIPE, ends="stdin") as found:
        yield found


@contextlib.contextmanager
def by(way):
    """A frontend for a program by this way in: (frontend, prefix, pid)."""
    if way == "daemon":
        with program("nothing") as target, frontend.serve() as server:
            yield server, f"/{target.process.pid}/debug/pprof/", target.process.pid
    else:
        with program("serve") as target:
            yield target, "/debug/pprof/", target.process.pid


WAYS = ("daemon", "inside")


def check_error(answer, status, text):
    assert answer.status == status and answer.text == text + "\n", (answer.status, answer.text)
    assert answer["X-Go-Pprof"] == "1" and answer["Content-Type"] == frontend.TEXT
    assert answer["Content-Disposition"] is None


def test_profiles_are_listed_and_fetched(folder):
    for way in WAYS:
        with by(way) as (server, prefix, pid):
            page = server.get(prefix).text
            assert "<td class=\"n\">42</td><td class=\"name\"><a href=\"users?debug=1\">users</a>" in page, page
            assert "Users &lt;b&gt;now&lt;/b&gt; &amp; &#34;then&#34;." in page
            found = {entry["name"]: entry
                     for entry in json.loads(server.get(prefix + "?format=json").text)["profiles"]}
            assert found["users"]["count"] == 42
            assert found["users"]["description"] == 'Users <b>now</b> & "then".'
            assert {"profile", "cmdline", "symbol", "trace", "my.pkg/handles"} <= set(found)

            answer = server.get(prefix + "users")
            assert answer.status == 200 and answer.body == b"\x1f\x8b\0users"
            assert answer["Content-Type"] == frontend.OCTETS
            assert answer["Content-Disposition"] == 'attachment; filename="users"'
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert answer["Content-Encoding"] is None

            for query, debug, gc in (("debug=1", 1, 0), ("debug=2&gc=1", 2, 1), ("debug=7&gc=0", 7, 0),
                                     ("debug=1&gc=x&debug=5", 1, 0)):
                answer = server.get(prefix + f"users?{query}")
                assert answer.text == f"users: total 42 debug={debug} gc={gc}\n", answer.text
                assert answer["Content-Type"] == frontend.TEXT
                assert answer["Content-Disposition"] is None
            for query in ("debug=-1", "debug=x", "debug=", "debug=1.5"):
                assert server.get(prefix + f"users?{query}").body[:2] == b"\x1f\x8b", query
            assert server.get(prefix + "my.pkg/handles").status == 200
            assert server.get(prefix + "users", method="HEAD").status == 200
            assert server.get(prefix + "nonesuch", method="HEAD").status == 404


def test_errors_are_gos_own(folder):
    for way in WAYS:
        with by(way) as (server, prefix, pid):
            check_error(server.get(prefix + "nonesuch"), 404, "Unknown profile")
            check_error(server.get(prefix + "users/"), 404, "Unknown profile")
            check_error(server.get(prefix + "users?seconds=1"), 400,
                        '"seconds" parameter is not supported for this profile type')
            check_error(server.get(prefix + "failing"), 500,
                        "failed to collect profile: Input/output error")
            check_error(server.get(prefix + "broken"), 500,
                        "failed to collect profile: the process did not finish the profile: Broken pipe")
            try:
                server.get(prefix + "broken?debug=1")
                raise AssertionError("a text that broke off looks whole")
            except http.client.IncompleteRead as cut:
                assert cut.partial == b"part"


def scrape(server, path):
    """What Alloy's and Parca's scrapers make of an answer: the profile, or why they refuse it."""
    answer = server.get(path)
    if answer.status != 200:
        return f"status {answer.status}"
    if not answer["Content-Type"].startswith(frontend.OCTETS):
        return f"content type {answer['Content-Type']}"
    if not answer.body:
        return "empty body"
    if answer.body.lstrip()[:1] in (b"{", b"[", b"<"):
        return "server should return HTTP error, not 200"
    return answer.body


def test_scrapers_take_what_is_there_and_see_what_is_not(folder):
    """By the paths they ask by default; never a page of text with status 200."""
    for way in WAYS:
        with by(way) as (server, prefix, pid):
            assert scrape(server, prefix + "users") == b"\x1f\x8b\0users"
            assert scrape(server, prefix + "profile?seconds=1") == b"cpu"
            for name in ("allocs", "heap", "mutex", "block", "goroutine", "delta_heap", "delta_mutex",
                         "delta_block", "goroutine?seconds=1", "allocs?seconds=14"):
                assert scrape(server, prefix + name) == "status 404", name
            wall = scrape(server, prefix[:-len("pprof/")] + "fgprof?seconds=1")
            assert wall[:2] == b"\x1f\x8b", wall


def test_a_second_cpu_profile_is_refused(folder):
    for way in WAYS:
        with by(way) as (server, prefix, pid), concurrent.futures.ThreadPoolExecutor(1) as pool:
            start = time.monotonic()
            first = pool.submit(server.get, prefix + "profile?seconds=2")
            time.sleep(0.7)
            check_error(server.get(prefix + "profile?seconds=1"), 500,
                        "Could not enable CPU profiling: cpu profiling already in use")
            answer = first.result()
            assert answer.status == 200 and answer.body == b"cpu"
            assert answer["Content-Disposition"] == 'attachment; filename="profile"'
            assert 1.9 < time.monotonic() - start < 10


def test_a_client_that_leaves_ends_the_profile(folder):
    for way in WAYS:
        with by(way) as (server, prefix, pid):
            with server.connect() as client:
                client.sendall(f"GET {prefix}profile?seconds=50 HTTP/1.1\r\n"
                               "Host: localhost\r\n\r\n".encode())
                time.sleep(0.5)
            start = time.monotonic()
            harness.wait_for(lambda: server.get(prefix + "profile?seconds=1").status == 200,
                             "the profile to end")
            assert time.monotonic() - start < 3


def test_big_profiles_and_slow_clients(folder):
    for way in WAYS:
        with by(way) as (server, prefix, pid):
            assert len(server.get(prefix + "big").body) == 8 << 20
            with server.connect() as client:
                client.sendall(f"GET {prefix}big HTTP/1.1\r\nHost: localhost\r\n"
                               "Connection: close\r\n\r\n".encode())
                time.sleep(0.5)
                got = 0
                while block := client.recv(65536):
                    got += len(block)
                    time.sleep(0.002)
                assert got > 8 << 20


def test_a_target_killed_meanwhile_is_a_broken_answer(folder):
    with harness.started(DEBUG, "nothing", stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as target, \
            frontend.serve() as server, concurrent.futures.ThreadPoolExecutor(1) as pool:
        path = f"/{target.pid}/debug/pprof/"
        harness.wait_for(lambda: "users" in server.get(path).text, "the exports")
        answer = pool.submit(server.get, path + "profile?seconds=20")
        time.sleep(0.5)
        target.kill()
        target.wait()
        answer = answer.result()
        assert answer.status == 500 and "Broken pipe" in answer.text, answer.text


def test_a_stopped_target_delays_only_its_own_pages(folder):
    with program("nothing") as target, frontend.serve() as server:
        path = f"/{target.process.pid}/debug/pprof/"
        target.process.send_signal(signal.SIGSTOP)
        try:
            start = time.monotonic()
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                answer = pool.submit(server.get, path)
                assert server.get("/").status == 200
                assert time.monotonic() - start < 1.5, "others wait for a stopped process"
                assert answer.result().status == 500
        finally:
            target.process.send_signal(signal.SIGCONT)
        assert server.get(path).status == 200


def test_a_forked_child_has_its_own(folder):
    if "address" in harness.SANITIZED:
        raise harness.Skip("AddressSanitizer's allocator does not survive fork() beside a thread "
                           "that is just starting")
    with program("fork") as target, frontend.serve() as server:
        for pid in (target.process.pid, int(target.url)):
            answer = harness.wait_for(lambda: server.get(f"/{pid}/debug/pprof/users?debug=1"),
                                      "the answer")
            assert answer.text.startswith("users: total 42"), answer.text


def test_another_user_gets_nothing(folder):
    if os.geteuid() != 0:
        raise harness.Skip("only root can try as somebody else")
    with program("nothing") as target:
        name = f"\0weft-control-{target.process.pid}"
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.setuid(65534)
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(name)
                with contextlib.suppress(OSError):
                    client.sendall(b"list\n")
                os.write(write, client.recv(200))
            os._exit(0)
        os.close(write)
        os.waitpid(child, 0)
        assert os.read(read, 200) == b"error 13 only for this process's user and root\n"
        os.close(read)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(name)
            client.sendall(b"list\n")
            assert client.recv(3) == b"ok\n"


def test_an_impostor_is_not_believed(folder):
    """Somebody else bound the name that a process's socket would have."""
    with frontend.target() as target, frontend.serve() as server, \
            socket.socket(socket.AF_UNIX) as impostor:
        impostor.bind(f"\0weft-control-{target.pid}")
        impostor.listen()
        answer = server.get(f"/{target.pid}/debug/pprof/users")
        assert answer.status == 500 and "belongs to another" in answer.text, answer.text


def test_mounted_handlers(folder):
    with program("mount") as target:
        assert target.get("/internal/cmdline").body == str(DEBUG).encode() + b"\0mount"
        assert "users" in target.get("/internal/").text
        answer = target.get("/internal/people")
        assert answer.body == b"\x1f\x8b\0users"
        assert answer["Content-Disposition"] == 'attachment; filename="users"'
        assert target.get("/internal/cpu?seconds=1").body == b"cpu"
        assert target.get("/internal/symbol", method="POST", body="0x1").text == "num_symbols: 1\n"
        answer = target.get("/internal/trace?seconds=0.5")
        assert answer.status == 200, answer.text
        (folder / "trace").write_bytes(answer.body)
        found = json.loads(harness.weft("verify", "--json", folder / "trace").stdout)
        assert found["accepted"] and found["task_end_count"] > 10
        assert target.get("/internal/trace?seconds=11").status == 400


def test_the_own_listener_traces_its_process(folder):
    with program("serve") as target:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            paths = ["/debug/pprof/trace?seconds=1"] * 4
            for number, answer in enumerate(pool.map(target.get, paths)):
                assert answer.status == 200, answer.text
                (folder / f"{number}").write_bytes(answer.body)
                harness.weft("verify", "--strict", folder / f"{number}")
        lines = target.log_text()
        assert re.search(r'weft-http: \S+ 127\.0\.0\.1:\d+ "GET /debug/pprof/trace\?seconds=1" 200 '
                         r"\d+ B 1\.\d+ s|2\.\d+ s", lines), lines


harness.main()
