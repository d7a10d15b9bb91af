# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""Where `weft pprof` gets profiles from: URLs, recordings, copies of binaries; and names for them.

The server is a plain one of Python's, which says what it was asked.
"""

import contextlib
import http.server
import os
import re
import shutil
import ssl
import threading
import time
import urllib.parse

import harness
import pprof_file

harness.isolate()

PROFILES = harness.BUILD / "tests" / "programs" / "test-profiles"
BASE = 0x555500000000
PROGRAM = """
#include <vector>
namespace space {
template <class T> __attribute__((noinline)) T twice(T value, int) { return value + value; }
}
int main(int argc, char **) { return space::twice<int>(argc, 1) == 5; }
"""


class Server:
    """Answers by path; `asked` has "METHOD /path?query" of every exchange, and `bodies` what was posted."""

    def __init__(self):
        self.pages, self.asked, self.bodies, self.headers = {}, [], [], []

    def answer(self, handler, method):
        self.asked.append(f"{method} {handler.path}")
        self.headers.append(dict(handler.headers))
        if method == "POST":
            self.bodies.append(handler.rfile.read(int(handler.headers["Content-Length"])).decode())
        page = self.pages.get(urllib.parse.urlsplit(handler.path).path)
        status, headers, body = page() if page else (404, {}, b"nothing here\n")
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            handler.wfile.write(body)


@contextlib.contextmanager
def serving(tls=None):
    server = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            server.answer(self, "GET")

        def do_POST(self):
            server.answer(self, "POST")

        def log_message(self, *_):
            pass

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        listener.socket = tls.wrap_socket(listener.socket, server_side=True)
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    server.host = f"localhost:{listener.server_address[1]}"
    try:
        yield server
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


def page(content):
    return lambda: (200, {"Content-Type": "application/octet-stream"}, content)


def pprof(folder, *words, check=True, **more):
    environment = {"HOME": str(folder / "home"), "PPROF_TMPDIR": str(folder / "saved"), "TZ": "UTC",
                   "PATH": os.environ["PATH"], **more}
    for name in ("http_proxy", "HTTP_PROXY", "ASAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH"):
        if name in os.environ and not name.lower().startswith("http"):
            environment[name] = os.environ[name]
    return harness.run(harness.WEFT, "pprof", *words, check=check, cwd=folder, env=environment)


def named(folder, kind="cpu"):
    path = folder / f"{kind}.pb.gz"
    harness.run(PROFILES, kind, path)
    return path


def test_a_url_reads_as_the_file_and_leaves_a_copy(folder):
    path = named(folder)
    wanted = pprof(folder, "-top", path).stdout
    with serving() as server:
        server.pages["/debug/pprof/profile"] = server.pages["/p"] = page(path.read_bytes())
        for source, asked in ((f"http://{server.host}/p", "/p"), (f"{server.host}/p", "/p"),
                              (server.host, "/debug/pprof/profile"),
                              (f"http://{server.host}/", "/debug/pprof/profile")):
            done = pprof(folder, "-top", source)
            assert done.stdout == wanted and server.asked[-1] == f"GET {asked}", server.asked
            lines = done.stderr.splitlines()
            assert lines[0] == f"Fetching profile over HTTP from http://{server.host}{asked}", lines
            saved = re.fullmatch(r"Saved profile in (\S+/saved/pprof\.server\.samples\.cpu\.\d{3}"
                                 r"\.pb\.gz)", lines[1])
            assert saved and pprof(folder, "-top", saved[1]).stdout == wanted, lines
        assert len(list((folder / "saved").iterdir())) == 4
        assert "weft-pprof" in server.headers[0]["User-Agent"]
        # ~/pprof is where copies go when nothing else is said.
        (folder / "home").mkdir()
        done = pprof(folder, "-top", f"{server.host}/p", PPROF_TMPDIR="")
        assert (folder / "home" / "pprof" / "pprof.server.samples.cpu.001.pb.gz").exists(), done
    assert not pprof(folder, "-top", path).stderr


def test_seconds_are_asked_for_and_time_is_limited(folder):
    path = named(folder)
    with serving() as server:
        server.pages["/p"] = page(path.read_bytes())
        done = pprof(folder, "-top", "-seconds=3", f"http://{server.host}/p?debug=0&seconds=9")
        assert server.asked == ["GET /p?debug=0&seconds=3"], server.asked
        assert "Please wait... (3s)" in done.stderr

        def slow():
            time.sleep(3)
            return page(b"")()

        server.pages["/slow"] = slow
        start = time.monotonic()
        done = pprof(folder, "-top", "-timeout", "1", f"http://{server.host}/slow", check=False)
        assert done.returncode == 1 and time.monotonic() - start < 2.9, done
        assert "timed out" in done.stderr.lower(), done.stderr


def test_refusals_say_what_the_server_says(folder):
    with serving() as server:
        server.pages["/told"] = lambda: (500, {"X-Go-Pprof": "1", "Content-Type": "text/plain"},
                                         b"profiling already in use\n")
        server.pages["/page"] = lambda: (503, {"Content-Type": "text/html"}, b"<h1>secret</h1>")
        server.pages["/junk"] = page(b"hello")
        server.pages["/empty"] = page(b"")
        server.pages["/away"] = lambda: (302, {"Location": "file:///etc/passwd"}, b"")
        for name, wanted in (("told", "server response: 500 Internal Server Error - profiling already"),
                             ("page", "server response: 503 Service Unavailable\n"),
                             ("none", "server response: 404 Not Found\n"),
                             ("junk", "unrecognized profile format"), ("empty", "empty"),
                             ("away", "rotocol")):
            done = pprof(folder, "-top", f"http://{server.host}/{name}", check=False)
            assert done.returncode == 1 and wanted in done.stderr and not done.stdout, done.stderr
            assert "secret" not in done.stderr
            assert done.stderr.endswith("weft pprof: failed to fetch any source profiles\n")
    done = pprof(folder, "-top", f"http://{server.host}/p", check=False)
    assert done.returncode == 1 and "onnect" in done.stderr, done.stderr
    done = pprof(folder, "-top", "-tls_cert=x", "localhost:1", check=False)
    assert done.returncode == 2 and "-tls_key" in done.stderr, done.stderr


def test_sources_are_fetched_together_and_summed_up(folder):
    first, second = named(folder), named(folder, "recursive")
    wanted = pprof(folder, "-top", first, second, first).stdout
    meet = threading.Barrier(2, timeout=20)
    with serving() as server:
        def together(content):
            def answer():
                meet.wait()  # Nobody is answered before both have asked.
                return page(content)()
            return answer

        server.pages["/a"] = together(first.read_bytes())
        server.pages["/b"] = together(second.read_bytes())
        done = pprof(folder, "-top", f"{server.host}/a", f"{server.host}/b", first)
        assert done.stdout == wanted, done
        server.pages["/a"] = page(first.read_bytes())
        done = pprof(folder, "-top", f"{server.host}/a", f"{server.host}/gone", "nosuch")
        assert done.stdout == pprof(folder, "-top", first).stdout
        assert "Fetched 1 source profiles out of 3" in done.stderr, done.stderr
        done = pprof(folder, "-top", "-base", f"{server.host}/a", f"{server.host}/a")
        assert done.stdout == pprof(folder, "-top", "-base", first, first).stdout


def test_https_is_checked_unless_told_otherwise(folder):
    if not shutil.which("openssl"):
        raise harness.Skip("no openssl (package openssl)")
    path = named(folder)
    harness.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    wanted = pprof(folder, "-top", path).stdout
    with serving(tls) as server:
        server.pages["/p"] = page(path.read_bytes())
        done = pprof(folder, "-top", f"https://{server.host}/p", check=False)
        assert done.returncode == 1 and "certificate" in done.stderr, done.stderr
        assert pprof(folder, "-top", f"-tls_ca={folder}/cert.pem",
                     f"https://{server.host}/p").stdout == wanted
        assert pprof(folder, "-top", f"https+insecure://{server.host}/p").stdout == wanted
        # A certificate of our own, which this server takes from its authority: itself.
        tls.verify_mode = ssl.CERT_REQUIRED
        tls.load_verify_locations(folder / "cert.pem")
        assert pprof(folder, "-top", f"-tls_ca={folder}/cert.pem", f"-tls_cert={folder}/cert.pem",
                     f"-tls_key={folder}/key.pem", f"https://{server.host}/p").stdout == wanted
        assert pprof(folder, "-top", f"-tls_ca={folder}/cert.pem", f"https://{server.host}/p",
                     check=False).returncode == 1


def build(folder):
    """A program, its build id, and a profile of its main() and twice(), addresses alone."""
    if not shutil.which("g++"):
        raise harness.Skip("no g++ (package g++)")
    (folder / "program.cc").write_text(PROGRAM)
    program = folder / "program"
    harness.run("g++", "-g", "-O1", "-Wl,--build-id", "-o", program, folder / "program.cc")
    build_id = re.search(r"Build ID: (\w+)", harness.run("readelf", "-n", program).stdout)[1]
    table = {fields[2]: int(fields[0], 16) for fields in
             (line.split() for line in harness.run("nm", program).stdout.splitlines())
             if len(fields) == 3}
    twice = [name for name in table if "twice" in name][0]
    content = pprof_file.encode(
        [("samples", "count")], [([BASE + table[twice], BASE + table["main"] + 5], [4], {})],
        [(BASE, BASE + 0x4000, 0, str(program), build_id)])
    path = folder / "bare.pb.gz"
    path.write_bytes(content)
    return program, build_id, twice, path


def names(text):
    return [line.split(None, 5)[5] for line in text.splitlines()[text.count("\n", 0, text.index("flat%")) + 1:]]


def test_names_come_from_local_files(folder):
    program, _, twice, path = build(folder)
    for mode, wanted in (("", ["space::twice<int>", "main"]), ("local", ["space::twice<int>", "main"]),
                         ("none", ["[program]"]), ("remote", ["[program]"]),
                         ("demangle=none", [twice, "main"]),
                         ("demangle=default", ["space::twice", "main"]),
                         ("demangle=full", ["int space::twice<int>(int, int)", "main"]),
                         ("Local:Demangle=Templates", ["space::twice<int>", "main"])):
        done = pprof(folder, "-top", f"-symbolize={mode}", path)
        assert names(done.stdout) == wanted and not done.stderr, (mode, done)
    lines = pprof(folder, "-top", "-lines", path).stdout
    assert "program.cc:4" in lines and "program.cc:6" in lines, lines
    lines = pprof(folder, "-top", "-lines", "-symbolize=fastlocal", path).stdout
    assert names(lines) == ["space::twice<int>", "main"], lines
    done = pprof(folder, "-top", "-symbolize=what", path)
    assert "ignoring unrecognized symbolization option: what" in done.stderr
    # Names that a profile has stay, unless they are to be looked up anew; then where nothing is found.
    kept = pprof(folder, "-traces", named(folder)).stdout
    assert pprof(folder, "-traces", "-symbolize=force", "cpu.pb.gz").stdout == kept


def test_copies_of_binaries_are_found_by_build_id_and_name(folder):
    program, build_id, _, path = build(folder)
    places = (f"{build_id}/program", f"{build_id}/other", f"{build_id[:2]}/{build_id[2:]}.debug",
              "program", str(program)[1:], f"{str(program)[1:]}.debug",
              f"usr/lib/debug{program.parent}/program.debug")
    moved = folder / "moved"
    program.rename(moved)
    for number, place in enumerate(places):
        root = folder / f"root{number}"
        (root / place).parent.mkdir(parents=True)
        shutil.copy(moved, root / place)
        done = pprof(folder, "-top", path, PPROF_BINARY_PATH=f"/nonexistent:{root}")
        assert names(done.stdout) == ["space::twice<int>", "main"], (place, done)
    done = pprof(folder, "-top", path)
    assert names(done.stdout) == ["[program]"] and "No such file" in done.stderr, done
    other = folder / "root-other"
    other.mkdir()
    shutil.copy(harness.WEFT, other / "program")
    done = pprof(folder, "-top", path, PPROF_BINARY_PATH=str(other))
    assert names(done.stdout) == ["[program]"] and "build-id mismatch" in done.stderr, done
    # The program named on the command line takes the place of what the profile says.
    assert names(pprof(folder, "-top", moved, path).stdout) == ["space::twice<int>", "main"]


def test_names_come_from_the_server_that_has_no_file_here(folder):
    program, _, twice, path = build(folder)
    program.unlink()
    addresses = [int(line.split()[1], 16) for line in
                 pprof(folder, "-raw", "-symbolize=none", path).stdout.splitlines()
                 if re.match(r" +\d+: 0x", line)]
    answer = f"num_symbols: 1\n{addresses[0]:#x} {twice}\r\n{addresses[1]:#x}\tmain\njunk\n".encode()
    with serving() as server:
        server.pages["/debug/pprof/heap"] = server.pages["/x/y"] = page(path.read_bytes())
        server.pages["/debug/pprof/symbol"] = server.pages["/x/symbolz"] = page(answer)
        for source, symbols in (("debug/pprof/heap?gc=1", "/debug/pprof/symbol"), ("x/y", "/x/symbolz")):
            done = pprof(folder, "-top", f"http://{server.host}/{source}")
            assert names(done.stdout) == ["space::twice<int>", "main"], done
            assert server.asked[-1] == f"POST {symbols}", server.asked
            assert sorted(server.bodies[-1].split("+")) == sorted(map(hex, addresses))
        count = len(server.asked)
        pprof(folder, "-top", "-symbolize=local", f"http://{server.host}/x/y")
        assert server.asked[count:] == ["GET /x/y"]
        server.pages["/x/symbolz"] = lambda: (500, {}, b"")
        done = pprof(folder, "-top", f"http://{server.host}/x/y")
        assert "Remote symbolization failed" in done.stderr and names(done.stdout) == ["[program]"]


def test_a_recording_is_a_source(folder):
    recording = folder / "recording"
    done = harness.weft("record", "--sched", "switch", "-o", recording, "--", harness.BUILD / "bin" / "server",
                        "--requests", 50, check=False)
    if done.returncode and "cannot record scheduling with tier" in done.stderr:
        raise harness.Skip(done.stderr.splitlines()[0])
    assert done.returncode == 0, done.stderr
    for kind in ("cpu", "off-cpu"):
        harness.weft("convert", recording, "-o", folder / "wanted.pb.gz", "--to", f"pprof:{kind}", "-q")
        wanted = pprof(folder, "-traces", folder / "wanted.pb.gz").stdout
        words = [] if kind == "cpu" else [f"-recording={kind}"]
        assert pprof(folder, "-traces", *words, recording).stdout == wanted
        assert "task" in pprof(folder, "-tags", *words, recording).stdout
    done = pprof(folder, "-top", "-recording=heap", recording, check=False)
    assert done.returncode == 2 and "off-cpu" in done.stderr
    (folder / "empty").mkdir()
    done = pprof(folder, "-top", folder / "empty", check=False)
    assert done.returncode == 1 and str(folder / "empty") in done.stderr, done.stderr


def test_tools_are_looked_for_where_told(folder):
    named(folder)
    tools = folder / "tools"
    tools.mkdir()
    (tools / "dot").write_text("#!/bin/sh\necho drawn by $1\n")
    (tools / "dot").chmod(0o755)
    for words, more in ((["-tools", f"dot:{tools}"], {}), ([f"-tools=/nonexistent,{tools}"], {}),
                        ([], {"PPROF_TOOLS": str(tools)})):
        assert pprof(folder, "-svg", *words, "cpu.pb.gz", **more).stdout == "drawn by -Tsvg\n"
    (tools / "dot").write_text("#!/bin/sh\necho no such font >&2\nexit 3\n")
    done = pprof(folder, "-svg", f"-tools={tools}", "cpu.pb.gz", check=False)
    assert done.returncode == 1 and "dot failed: status=3: no such font" in done.stderr, done.stderr


if __name__ == "__main__":
    harness.main()
