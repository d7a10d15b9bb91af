# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""What the tests of the HTTP frontend share: servers, targets, exchanges as they were on the wire."""

import contextlib
import http.client
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness  # noqa: E402

SERVER = harness.BUILD / "bin" / "server"
NOSNIFF = ("X-Content-Type-Options", "nosniff")
OCTETS = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"

# Recordings of this test's own frontends; its own folders stay where other users can get.
tempfile.tempdir = tempfile.gettempdir()
os.environ["TMPDIR"] = os.environ["WEFT_TEST_ISOLATED"]


class Answer:
    """Status, headers, body."""

    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    def __getitem__(self, name):
        return self.headers.get(name)

    @property
    def text(self):
        return self.body.decode()


class Frontend:
    """A listening frontend."""

    def __init__(self, url, process, log):
        self.url, self.process, self.log = url, process, log
        found = re.fullmatch(r"https?://(.*):(\d+)", url)
        self.host, self.port = (found.group(1), int(found.group(2))) if found else (None, None)

    def get(self, path, method="GET", headers=None, body=None, timeout=harness.PATIENCE_S):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return Answer(response, response.read())
        finally:
            connection.close()

    def connect(self):
        return socket.create_connection((self.host, self.port), timeout=harness.PATIENCE_S)

    def log_text(self):
        self.log.seek(0)
        return self.log.read()


@contextlib.contextmanager
def listening(*argv, said=r"listening on (\S+?)/?(debug/pprof/)?\n", ends="signal", **options):
    """Runs a frontend until the block ends; it must then end well, by SIGTERM or the end of stdin;
    or, with `weft run`, as its command does."""
    with tempfile.TemporaryFile("w+") as log:
        with harness.started(*argv, stderr=log, stdout=subprocess.DEVNULL, **options) as process:
            def told():
                log.seek(0)
                found = re.search(said, log.read())
                if not found and process.poll() is not None:
                    log.seek(0)
                    raise AssertionError(f"{argv}: ended: {log.read()}")
                return found
            frontend = Frontend(harness.wait_for(told, "the frontend to listen").group(1), process, log)
            try:
                yield frontend
            except BaseException:
                print(frontend.log_text(), end="")
                raise
            if ends == "any":
                return
            assert process.poll() is None, f"the frontend ended: {process.returncode}"
            if ends == "signal":
                process.terminate()
            else:
                process.stdin.close()
            assert process.wait(30) == 0, f"status {process.returncode}: {log.seek(0)}{log.read()}"


def serve(*options, listen="127.0.0.1:0"):
    return listening(harness.WEFT, "serve", "--listen", listen, *options)


@contextlib.contextmanager
def target(clients=2):
    """The example server, under load from its own clients."""
    with harness.started(SERVER, "-n", 100000000, "-c", clients, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL) as process:
        harness.wait_for(lambda: "libweft" in maps(process.pid), "the target's libraries")
        yield process


def maps(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/maps").read_text()
    return ""


def sessions():
    """Names of sessions that record for a request now; not the one that keeps a server's daemon."""
    done = harness.run("lttng", "list", check=False)
    found = []
    for name, pid in re.findall(r"(weft-(\d+)-\S+)", done.stdout):
        with contextlib.suppress(OSError):
            if b"\0serve\0" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                continue
        found.append(name)
    return found


def processes(is_wanted):
    """Ids of this test's own processes whose words are wanted: other tests may run beside it."""
    place = f"LTTNG_HOME={os.environ['LTTNG_HOME']}".encode()
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if (entry.name.isdigit() and is_wanted((entry / "cmdline").read_bytes().split(b"\0"))
                    and place in (entry / "environ").read_bytes().split(b"\0")):
                found.append(int(entry.name))
    return found


def helpers():
    """Recording helpers that run now."""
    return processes(lambda words: words[1:2] == [b"trace-process"])


def daemons():
    """LTTng's daemons that run now."""
    return processes(lambda words: words[0].startswith(b"lttng-"))


def folders():
    """Folders of recordings for requests."""
    return {entry for entry in os.listdir(os.environ["TMPDIR"]) if entry.startswith("weft-http-")}


def open_fds(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))
