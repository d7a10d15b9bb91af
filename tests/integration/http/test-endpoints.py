# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""Each endpoint answers as net/http/pprof does: status, headers, grammar of the body."""

import json
import re
import time

import frontend
import harness


def check_error(answer, status, text):
    """An error as the package itself makes it."""
    assert answer.status == status, (answer.status, answer.text)
    assert answer.text == text + "\n", answer.text
    assert answer["Content-Type"] == frontend.TEXT
    assert answer["X-Go-Pprof"] == "1"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] is None


def test_exchanges_of_quick_pages(folder):
    with frontend.target() as target, frontend.serve("--pid", target.pid) as server:
        answer = server.get("/debug/pprof/")
        assert answer.status == 200 and answer["Content-Type"] == "text/html; charset=utf-8"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Access-Control-Allow-Origin"] is None
        assert "<title>server" in answer.text and 'href="cmdline"' in answer.text

        answer = server.get("/debug/pprof/cmdline")
        assert answer.status == 200 and answer["Content-Type"] == frontend.TEXT
        assert answer.body == b"\0".join(str(word).encode() for word in target.args)

        moved = server.get("/debug/pprof")
        assert moved.status == 301 and moved["Location"] == "/debug/pprof/"
        assert moved.text == '<a href="/debug/pprof/">Moved Permanently</a>.\n\n'

        lost = server.get("/debug/other")
        assert lost.status == 404 and lost.text == "404 page not found\n"
        assert lost["Content-Type"] == frontend.TEXT and lost["X-Go-Pprof"] is None


def test_the_index_as_json(folder):
    with frontend.target() as target, frontend.serve("--pid", target.pid) as server:
        for answer in (server.get("/debug/pprof/?format=json"),
                       server.get("/debug/pprof/", headers={"Accept": "application/json"})):
            assert answer["Content-Type"] == "application/json"
            found = json.loads(answer.text)
            assert found["process"]["pid"] == target.pid and found["process"]["traceable"]
            names = [profile["name"] for profile in found["profiles"]]
            assert {"cmdline", "symbol", "trace"} <= set(names) and names == sorted(names)


def test_unknown_profiles_and_bad_numbers(folder):
    with frontend.target() as target, frontend.serve("--pid", target.pid) as server:
        for name in ("nonesuch", "heap/", "a%2Fb", "%3Cscript%3E", "x" * 500):
            check_error(server.get(f"/debug/pprof/{name}"), 404, "Unknown profile")
        check_error(server.get("/debug/pprof/nonesuch?seconds=x&debug=y"), 404, "Unknown profile")


def test_limits_of_seconds_are_told(folder):
    with frontend.target() as target, frontend.serve("--pid", target.pid) as server:
        check_error(server.get("/debug/pprof/trace?seconds=10.5"), 400,
                    "a trace may take at most 10 seconds here")
        check_error(server.get("/debug/pprof/trace?seconds=1e300"), 400,
                    "a trace may take at most 10 seconds here")
        check_error(server.get("/debug/pprof/profile?seconds=61"), 400,
                    "a profile may take at most 60 seconds here")


def test_methods(folder):
    with frontend.target() as target, frontend.serve("--pid", target.pid) as server:
        for path, allowed in (("/debug/pprof/", "GET, HEAD"), ("/debug/pprof/trace", "GET, HEAD"),
                              ("/debug/pprof/symbol", "GET, HEAD, POST")):
            for method in ("PUT", "DELETE", "OPTIONS", "BREW"):
                answer = server.get(path, method=method)
                assert answer.status == 405 and answer["Allow"] == allowed, (path, method)
                assert answer.text == "Method Not Allowed\n"
        assert server.get("/debug/pprof/", method="POST").status == 405
        start = time.monotonic()
        answer = server.get("/debug/pprof/trace?seconds=9", method="HEAD")
        assert answer.status == 200 and answer["Content-Type"] == frontend.OCTETS
        assert answer["Content-Disposition"] == 'attachment; filename="trace"'
        assert time.monotonic() - start < 5, "HEAD recorded a trace"
        harness.wait_for(lambda: '"HEAD ' in server.log_text(), "the log")
        assert "incomplete" not in server.log_text(), "its answer is whole without a body"


def function_address(pid, name):
    """Where a function of the target's own executable is loaded."""
    symbols = harness.run("nm", frontend.SERVER).stdout
    offset = int(re.search(rf"^(\w+) \w {name}$", symbols, re.M).group(1), 16)
    base = min(int(line.split("-", 1)[0], 16) for line in frontend.maps(pid).splitlines()
               if line.endswith("/bin/server"))
    return base + offset


def test_symbol_by_get_and_post(folder):
    with frontend.target() as target, frontend.serve("--pid", target.pid) as server:
        main = function_address(target.pid, "main")
        serve = function_address(target.pid, "request_serve")
        both = f"num_symbols: 1\n0x{main:x} main\n0x{serve:x} request_serve\n"
        answer = server.get(f"/debug/pprof/symbol?0x{main:x}+0x{serve + 1:x}")
        assert answer.status == 200 and answer["Content-Type"] == frontend.TEXT
        assert answer.text == f"num_symbols: 1\n0x{main:x} main\n0x{serve + 1:x} request_serve\n"
        answer = server.get("/debug/pprof/symbol", method="POST",
                            body=f"0x{main:X}+zzz+0+{serve}", headers={"Content-Type": frontend.OCTETS})
        assert answer.text == both, answer.text
        assert server.get("/debug/pprof/symbol").text == "num_symbols: 1\n"
        assert server.get("/debug/pprof/symbol?0x1").text == "num_symbols: 1\n"
        answer = server.get("/debug/pprof/symbol", method="POST", body="1+" * (1 << 20))
        assert answer.status == 413


def test_processes_are_listed_with_a_path_each(folder):
    with frontend.target() as one, frontend.target() as two, frontend.serve() as server:
        found = json.loads(server.get("/?format=json").text)["processes"]
        hrefs = {entry["pid"]: entry["href"] for entry in found}
        assert hrefs[one.pid] == f"/{one.pid}/debug/pprof/" and two.pid in hrefs
        assert server.process.pid not in hrefs, "the server has no libweft in it"
        page = server.get("/")
        assert page.status == 200 and f'href="/{one.pid}/debug/pprof/"' in page.text
        assert server.get(hrefs[two.pid] + "cmdline").body.startswith(b"/")
        assert server.get(f"/{one.pid}").status == 301
        assert server.get("/debug/pprof/").status == 404, "no process was chosen"
        gone = server.get("/4194300/debug/pprof/")
        check_error(gone, 404, "there is no process 4194300")


def test_a_hostile_command_line_is_harmless(folder):
    evil = '<script>alert(1)</script>"\'\x01\x1b[31m\u00e9'
    odd = folder / 'a"<b>&c'
    odd.symlink_to(frontend.SERVER)
    with harness.started(odd, "-n", 100, "-c", 0, stderr=harness.subprocess.DEVNULL) as target:
        harness.wait_for(lambda: "libweft" in frontend.maps(target.pid), "the target")
        with frontend.serve() as server:
            for path in ("/", f"/{target.pid}/debug/pprof/"):
                page = server.get(path).text
                assert '"<b>' not in page and "&#34;&lt;b&gt;&amp;c" in page
                found = json.loads(server.get(path + "?format=json").text)
                assert 'a"<b>&c' in json.dumps(found, ensure_ascii=False).replace('\\"', '"')
            server.get("/" + "".join(f"%{byte:02x}" for byte in evil.encode()))
            lines = server.log_text().splitlines()
            assert all(line.isprintable() for line in lines), lines


harness.main()
