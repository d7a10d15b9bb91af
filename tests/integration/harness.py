# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""What the integration tests share.

A test is a script: it imports this module first, which moves it to a place of its own (see isolate()),
defines functions called test_*, and ends with harness.main(). Each function gets a fresh
folder as its argument. Real programs only: session daemon, weft, examples, `go tool trace`.
"""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WEFT_BUILD_DIR", SOURCE / "build"))
LIB = pathlib.Path(os.environ.get("WEFT_LIB_DIR", BUILD / "lib"))
WEFT = BUILD / "bin" / "weft"
SANITIZED = os.environ.get("WEFT_SANITIZE", "")  # "address;undefined", "thread", or "".
# Beyond this something hangs: never a measure of speed.
PATIENCE_S = 120


class Skip(Exception):
    """What a test lacks here: privilege, package, kernel feature."""


def isolate():
    """Moves this process to a place where no session daemon of the user's can be met.

    LTTng's daemon of root is found at a fixed place, which is covered by a file system of our own in
    a mount namespace. Everybody else's is found through LTTNG_HOME.
    """
    if os.environ.get("WEFT_TEST_ISOLATED"):
        return
    home = tempfile.mkdtemp(prefix="weft-test-")
    environment = dict(os.environ, WEFT_TEST_ISOLATED=home, LTTNG_HOME=home)
    for name in ("WEFT", "WEFT_BIN", "LTTNG_UST_ALLOW_BLOCKING", "LD_PRELOAD"):
        environment.pop(name, None)
    command = [sys.executable, *sys.argv]
    if os.geteuid() == 0:
        if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
            print("skipped: root may not make a mount namespace here (CAP_SYS_ADMIN), and root's "
                  "session daemon has one fixed place")
            sys.exit(77)
        command = ["unshare", "-m", "sh", "-c",
                   "mkdir -p /run/lttng && mount -t tmpfs weft-test /run/lttng && exec \"$@\"",
                   "sh", *command]
    status = subprocess.run(command, env=environment).returncode
    shutil.rmtree(home, ignore_errors=True)
    sys.exit(status if status >= 0 else 128 - status)


def run(*argv, check=True, timeout=PATIENCE_S, **options):
    """Runs to the end; returns the CompletedProcess with text. A failure shows all of it."""
    options.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run([str(word) for word in argv], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace",
                          timeout=timeout, **options)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(map(str, argv))}: status {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done


def weft(*argv, **options):
    """Runs the command that was built."""
    return run(WEFT, *argv, **options)


def become_nobody(home):
    """What to put before a command of an ordinary user, and its environment. The folder is his then."""
    if os.geteuid() != 0:
        raise Skip("only root can become another user")
    if not shutil.which("setpriv"):
        raise Skip("setpriv is not installed (package util-linux)")
    shutil.chown(home, 65534, 65534)
    return (["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"],
            dict(os.environ, LTTNG_HOME=str(home), HOME=str(home)))


def wait_for(condition, what):
    """Calls condition() until it is true."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.02)


@contextlib.contextmanager
def started(*argv, **options):
    """A program that runs beside the block and is ended with it."""
    process = subprocess.Popen([str(word) for word in argv], **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr, process.stdin):
            if stream:
                stream.close()


@contextlib.contextmanager
def session_daemon():
    """The user's own session daemon, for what is tested beside one."""
    if not shutil.which("lttng-sessiond"):
        raise Skip("lttng-sessiond is not installed (package lttng-tools)")
    with started("lttng-sessiond", "--no-kernel", stdout=subprocess.DEVNULL,
                 stderr=subprocess.DEVNULL) as daemon:
        wait_for(lambda: run("lttng", "list", check=False).returncode == 0,
                 "the session daemon to answer")
        yield daemon


def record_by_lttng(directory, *argv, events=("weft:*",), **options):
    """Records a command with plain lttng commands, as the README shows."""
    name = f"plain-{os.getpid()}-{time.monotonic_ns()}"
    run("lttng", "create", name, f"--output={directory}")
    try:
        run("lttng", "enable-channel", "-u", "plain", "--subbuf-size=1M", "--num-subbuf=8",
            "-s", name)
        for event in events:
            run("lttng", "enable-event", "-u", event, "-c", "plain", "-s", name)
        run("lttng", "start", name)
        done = run(*argv, **options)
        run("lttng", "stop", name)
    finally:
        run("lttng", "destroy", name, check=False)
    return done


# ---- Real readers ----


class Reader:
    """One real `go tool trace`, with the `go tool pprof` of the same version."""

    def __init__(self, version, tool):
        self.version = version
        self.tool = tool
        self.pprof = tool.parent / "pprof"

    def __repr__(self):
        return f"go{self.version}"

    def parse(self, trace):
        """The tool's own check of a whole file: CompletedProcess; status 0 is accepted."""
        mode = "-d=1" if self.version in ("1.22", "1.23") else "-d=parsed"
        return run(self.tool, mode, trace, check=False, timeout=600)

    @contextlib.contextmanager
    def serve(self, trace):
        """The tool's pages: yields the base address once the tool says that it listens."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = dict(os.environ, BROWSER="true")
        with tempfile.TemporaryFile("w+") as log, \
                started(self.tool, f"-http=127.0.0.1:{port}", trace, stdout=log, stderr=log,
                        env=environment) as server:
            address = f"http://127.0.0.1:{port}"

            def answers():
                if server.poll() is not None:
                    log.seek(0)
                    raise AssertionError(f"{self}: the viewer ended\n{log.read()}")
                with contextlib.suppress(OSError):
                    return fetch(address + "/")
                return None

            wait_for(answers, f"{self} to listen")
            yield address


def fetch_bytes(address):
    """Body of a page; an error status raises."""
    with urllib.request.urlopen(address, timeout=PATIENCE_S) as answer:
        return answer.read()


def fetch(address):
    """Body of a page as text; an error status raises."""
    return fetch_bytes(address).decode(errors="replace")


def reader_cache():
    """Where tests/go-readers.sh puts the real readers."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(os.environ.get("WEFT_GO_READERS") or pathlib.Path(cache, "weft-tests"))


def readers(least=1):
    """All real readers that tests/go-readers.sh could get, oldest first."""
    found = []
    for tool in sorted(reader_cache().glob("go-1.*/tool/trace")):
        found.append(Reader(re.search(r"go-(1\.\d+)", str(tool)).group(1), tool))
    if len(found) < least:
        raise Skip(f"{least} real Go trace readers are needed, {len(found)} are in "
                   f"{reader_cache()} (tests/go-readers.sh gets them from Debian's packages)")
    return found


# ---- The run ----


def main():
    """Runs the test_* functions of the calling script; ends the process."""
    module = sys.modules["__main__"]
    wanted = sys.argv[1:]
    failed, skipped, passed = [], [], 0
    for name, function in list(vars(module).items()):
        if not name.startswith("test_") or (wanted and name not in wanted):
            continue
        folder = pathlib.Path(tempfile.mkdtemp(prefix="weft-test-"))
        start = time.monotonic()
        try:
            function(folder)
            passed += 1
            print(f"ok       {name} ({time.monotonic() - start:.1f} s)", flush=True)
        except Skip as reason:
            skipped.append(name)
            print(f"skipped  {name}: {reason}", flush=True)
        except Exception:
            failed.append(name)
            print(f"FAILED   {name}\n{traceback.format_exc()}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    if failed:
        sys.exit(1)
    sys.exit(0 if passed else 77)


# Ctrl-C at a test ends what the test started as well.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
# A shell's background jobs ignore these, and so would what is started here.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
isolate()
