# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""`weft run`: unmodified programs, their results unchanged, their profiles against independent truth."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

import harness
import pprof_file
from harness import run, weft

PROGRAMS = harness.BUILD / "tests" / "programs"
HOOKED = PROGRAMS / "test-hooked"
KINDS = ("cpu", "allocs", "heap", "block", "mutex", "threadcreate")
if harness.SANITIZED:
    print("skipped: the sanitizer's own functions are in front of libc's")
    raise SystemExit(77)


def need(program, package):
    """Its path. Servers are not on the PATH of ordinary users."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if not found:
        raise harness.Skip(f"{program} is not installed (package {package})")
    return found


def profiled(folder, *argv, knobs=None, options=(), **more):
    """Runs a command with profiles in folder/out; returns the CompletedProcess."""
    environment = dict(more.pop("env", os.environ))
    if knobs:
        environment["WEFT"] = knobs
    return weft("run", *options, "-o", folder / "out", "--", *argv, env=environment, **more)


def read(folder, kind):
    return pprof_file.decode((folder / "out" / f"{kind}.pb.gz").read_bytes())


def is_in(sample, function):
    """Whether a function is on its stack."""
    return any(line[0]["name"] == function for at in sample["stack"] for line in at["lines"])


def total(profile, kind, function=None):
    """Sum of one type over the samples, or over those with a function on their stack."""
    column = [name for name, _ in profile["types"]].index(kind)
    return sum(sample["values"][column] for sample in profile["samples"]
               if function is None or is_in(sample, function))


def facts(text):
    return {key: int(value) for key, value in re.findall(r"^(\w+) (-?\d+)$", text, re.M)}


# ---- Truth ----


def test_known_waits_are_found(folder):
    """One waits while the other holds: the measured time is in both profiles, within 5 %."""
    truth = facts(profiled(folder, HOOKED, "contend", 40, 20).stdout)
    waited = total(read(folder, "block"), "delay", "waiter_waits")
    charged = total(read(folder, "mutex"), "delay", "holder_holds")
    assert abs(waited / truth["waited"] - 1) < 0.05, (waited, truth)
    assert abs(charged / truth["waited"] - 1) < 0.05, (charged, truth)
    assert total(read(folder, "block"), "contentions", "waiter_waits") == 40
    assert total(read(folder, "mutex"), "contentions", "holder_holds") == 40
    # Who only waited made nobody wait.
    assert total(read(folder, "mutex"), "delay", "waiter_waits") == 0


def test_every_kind_of_wait_counts(folder):
    truth = facts(profiled(folder, HOOKED, "wait", 5, 20).stdout)
    profile = read(folder, "block")
    waited = total(profile, "delay", "wait_in_every_way")
    assert abs(waited / truth["waited"] - 1) < 0.05, (waited, truth)
    # rwlock, semaphore, barrier, join, condition; each of them each round.
    count = total(profile, "contentions", "wait_in_every_way")
    assert count == 25, count


def test_waits_tell_for_whom(folder):
    """Labels, type of the task and region, of who waits and of who makes wait; not each task by itself."""
    done = weft("record", "--sched", "none", "-o", folder / "trace", "--", harness.WEFT, "run", "-q",
                "-o", folder / "out", "--", PROGRAMS / "test-profiled", "locks", "-", 20)
    waited_ns = float(done.stdout) * 1e9
    block, = (sample for sample in read(folder, "block")["samples"] if is_in(sample, "wait_for_holder"))
    assert block["labels"] == {"who": "waiter", "task": "request", "region": "enter"}, block
    assert abs(block["values"][1] / waited_ns - 1) < 0.05, (block, waited_ns)
    mutex, = (sample for sample in read(folder, "mutex")["samples"] if is_in(sample, "hold_lock"))
    assert mutex["labels"] == {"who": "holder", "task": "report"}, mutex
    pprof = ("go", "tool", "pprof", "-symbolize=none")
    need("go", "golang-go")
    told = run(*pprof, "-top", "-tagfocus", "task=request", folder / "out" / "block.pb.gz").stdout
    assert "wait_for_holder" in told, told
    told = run(*pprof, "-top", "-tagfocus", "who=waiter", folder / "out" / "mutex.pb.gz").stdout
    assert "hold_lock" not in told, told
    assert "request" in run(*pprof, "-tags", folder / "out" / "block.pb.gz").stdout
    # While nobody records there are no tasks.
    shutil.rmtree(folder / "out")
    profiled(folder, PROGRAMS / "test-profiled", "locks", "-", 5)
    block, = (sample for sample in read(folder, "block")["samples"] if is_in(sample, "wait_for_holder"))
    assert block["labels"] == {"who": "waiter"}, block


def test_labels_end_before_waits_do(folder):
    """More different ones than are kept: no wait is lost, and the profile says what is missing."""
    profiled(folder, PROGRAMS / "test-profiled", "customers", "-", 2000)
    profile = read(folder, "block")
    waits = [sample for sample in profile["samples"] if is_in(sample, "customers")]
    known = {sample["labels"]["customer"] for sample in waits if sample["labels"]}
    assert 500 < len(known) <= 1024, len(known)
    # The budget of 1000 a second may have thinned out a few, and made up for them.
    assert abs(sum(sample["values"][0] for sample in waits) - 2000) < 200, len(waits)
    assert any(re.match(r"lost: the labels of \d+ samples", text) for text in profile["comments"]), \
        profile["comments"]


def test_waits_for_files_count_when_wanted(folder):
    truth = facts(profiled(folder, HOOKED, "io", 5, 20, knobs="blockio=1,blockprofilerate=1").stdout)
    profile = read(folder, "block")
    waited = total(profile, "delay", "wait_for_io")
    assert abs(waited / truth["waited"] - 1) < 0.05, (waited, truth)
    # Four reads and one that fails, poll, select, epoll_wait, nanosleep.
    assert total(profile, "contentions", "wait_for_io") == 5 * 9, profile["samples"]
    assert total(profile, "contentions", "writes_late") == 5 * 8
    # As for locks: the mutex profile has nothing to do with it.
    assert total(read(folder, "mutex"), "contentions") == 0
    shutil.rmtree(folder / "out")
    profiled(folder, HOOKED, "io", 1, 1, knobs="blockprofilerate=1")
    assert total(read(folder, "block"), "contentions", "wait_for_io") == 0


def test_creations_of_threads_are_exact(folder):
    profiled(folder, HOOKED, "threads", 10000)
    profile = read(folder, "threadcreate")
    assert profile["types"][0] == ("threadcreate", "count"), profile["types"]
    assert total(profile, "threadcreate") == 10000
    assert total(profile, "threadcreate", "make_threads") == 10000
    assert total(profile, "live") == 0


def test_short_threads_are_sampled_from_their_start(folder):
    """Each uses a period of CPU time and ends: none is found by looking for new threads."""
    truth = facts(profiled(folder, HOOKED, "work", 200).stdout)
    sampled = total(read(folder, "cpu"), "cpu", "works_shortly")
    # A timer that starts anywhere in the period of 10 ms is noticed at the next tick, if the thread has
    # not ended by then: 0.8 of 200 at 250 Hz, 0.5 at 100 Hz, with a deviation of 0.03.
    assert 0.3 < sampled / truth["used"] < 1.1, (sampled, truth)


def test_live_memory_is_the_allocators(folder):
    """Every allocation sampled: exact. By default: within six standard deviations of sampling."""
    # Without a CPU profile, which has a thread that allocates meanwhile.
    truth = facts(profiled(folder, HOOKED, "heap", 6000, knobs="memprofilerate=1",
                           options=("-k", "heap")).stdout)
    exact = total(read(folder, "heap"), "inuse_space", "use_heap")
    # aligned_alloc() got up to 15 bytes more than what was counted.
    assert truth["live"] <= exact <= truth["live"] + 2000 * 15, (exact, truth)
    # glibc adds at most 32 bytes to an object, and alignment to some.
    assert exact <= truth["mallinfo"] <= exact + 2000 * (32 + 64), (exact, truth)
    shutil.rmtree(folder / "out")
    truth = facts(profiled(folder, HOOKED, "heap", 60000).stdout)
    estimate = total(read(folder, "heap"), "inuse_space", "use_heap")
    # The variance of an object of S bytes is S^2 (1 - p)/p < S R: in all below live * R.
    assert abs(estimate - truth["live"]) < 6 * (truth["live"] * 524288) ** 0.5, (estimate, truth)


def test_both_memory_profiles_have_gos_types(folder):
    profiled(folder, HOOKED, "heap", 1000)
    for kind in ("heap", "allocs"):
        assert read(folder, kind)["types"] == [
            ("alloc_objects", "count"), ("alloc_space", "bytes"),
            ("inuse_objects", "count"), ("inuse_space", "bytes")]
    assert read(folder, "mutex")["types"] == [("contentions", "count"), ("delay", "nanoseconds")]
    if not shutil.which("go"):
        raise harness.Skip("go is not installed (package golang-go)")
    home = dict(os.environ, HOME=os.environ["LTTNG_HOME"], PPROF_TMPDIR=os.environ["LTTNG_HOME"])
    for kind, shown in (("heap", "inuse_space"), ("allocs", "alloc_space"), ("block", "delay"),
                        ("mutex", "delay"), ("threadcreate", "threadcreate"), ("cpu", "cpu")):
        text = run("go", "tool", "pprof", "-top", folder / "out" / f"{kind}.pb.gz",
                   env=home).stdout
        assert f"Type: {shown}" in text, (kind, text)


def test_programs_may_turn_knobs_themselves(folder):
    """A program that is linked with libweft shares its profiles with the preload library."""
    profiled(folder, PROGRAMS / "test-knobs")
    allocs, block = read(folder, "allocs"), read(folder, "block")
    assert total(allocs, "alloc_space", "allocate_seen") == 24
    assert total(allocs, "alloc_space", "allocate_unseen") == 0
    assert total(block, "contentions", "wait_seen") == 1
    assert total(block, "contentions", "wait_unseen") == 0


def test_waits_are_in_traces_by_name(folder):
    """Recorded too, each wait is for a lock at an address that a thread holds."""
    if not shutil.which("babeltrace2"):
        raise harness.Skip("babeltrace2 is not installed (package babeltrace2)")
    done = weft("record", "-o", folder / "trace", "--", harness.WEFT, "run", "-q", "-o",
                folder / "out", "--", HOOKED, "contend", 20, 20)
    truth = facts(done.stdout)
    text = run("babeltrace2", folder / "trace" / "ust").stdout
    begins = re.findall(r"weft:lock_wait_begin:.*pid = (\d+), tid = (\d+), .*object = (\d+), "
                        r"kind = 1, holder = (\d+)", text)
    pid, = {pid for pid, *_ in begins}
    # On a busy machine the holder may have let go before the other comes.
    assert 10 <= len(begins) <= 20, text
    assert len(begins) == len(re.findall(r"weft:lock_wait_end:.*kind = 1 ", text)), text
    assert {(pid, pid)} == {(pid, holder) for pid, _, _, holder in begins}, begins
    assert pid not in {tid for _, tid, _, _ in begins}, begins
    if "tier tracepoints" not in done.stderr and "tier switch" not in done.stderr:
        raise harness.Skip("scheduling cannot be recorded here")
    summary = json.loads(weft("summary", folder / "trace", "--pid", pid, "--json").stdout)
    (waited, queued), = [(row["ns"], thread["scheduling"]["run_wait_ns"])
                         for thread in summary["threads"]
                         for row in thread["scheduling"]["blocked"]
                         if row["reason"] == "sync: mutex"]
    # The program's own measure has also the time from being woken to running.
    assert 0.95 * truth["waited"] - queued < waited < 1.01 * truth["waited"], (
        waited, queued, truth)
    weft("convert", folder / "trace", "-o", folder / "app.trace", "--pid", pid)
    weft("verify", folder / "app.trace")
    wanted = f"sync: mutex {int(begins[0][2]):#x} held by thread {pid}"
    assert wanted.encode() in (folder / "app.trace").read_bytes(), wanted


def test_waits_for_locks_need_no_scheduling_data(folder):
    """They are states of threads in each output, as long as the program measured them to be."""
    done = weft("record", "--sched", "none", "-o", folder / "trace", "--", harness.WEFT, "run", "-q",
                "--", HOOKED, "contend", 20, 20)
    truth = facts(done.stdout)
    summary = json.loads(weft("summary", folder / "trace", "--json").stdout)
    assert summary["tier"] == "none" and not summary["repairs"], summary
    rows = [(thread["scheduling"], row) for thread in summary["threads"]
            for row in thread["scheduling"]["blocked"] if row["reason"] == "sync: mutex"]
    (scheduling, row), = rows
    # On a busy machine the holder may have let go before the other comes.
    assert 10 <= row["count"] <= 20, row
    assert 0.95 * truth["waited"] < row["ns"] < 1.01 * truth["waited"], (row, truth)
    assert scheduling["run_ns"] is None and scheduling["woken_by"] == [], scheduling
    assert "sync: mutex" in weft("summary", folder / "trace").stdout
    weft("convert", folder / "trace", "-o", folder / "block.pb.gz", "--to", "pprof:block")
    block = pprof_file.decode((folder / "block.pb.gz").read_bytes())
    assert total(block, "delay", "sync: mutex") == row["ns"]
    assert total(block, "contentions", "sync: mutex") == row["count"]
    weft("convert", folder / "trace", "-o", folder / "app.trace")
    weft("verify", folder / "app.trace")
    pid = summary["processes"][0]["pid"]
    assert re.search(rb"sync: mutex 0x[0-9a-f]+ held by thread %d" % pid,
                     (folder / "app.trace").read_bytes())


# ---- Nothing changes for the program ----


def test_functions_answer_as_without(folder):
    assert facts(profiled(folder, HOOKED, "results", knobs="memprofilerate=1,blockprofilerate=1")
                 .stdout) == {"right": 1}
    # Threads that died with a lock or were cancelled have ended like others.
    assert total(read(folder, "threadcreate"), "threadcreate") == 3
    assert total(read(folder, "threadcreate"), "live") == 0


def test_forks_of_threads_do_no_harm(folder):
    for knobs in ("memprofilerate=1,blockprofilerate=1", "memprofilerate=512"):
        assert facts(profiled(folder, HOOKED, "fork", 100, knobs=knobs).stdout) == {
            "children": 100}


def test_plugins_may_come_and_go(folder):
    plugin = PROGRAMS / "libhooked-plugin.so"
    profiled(folder, HOOKED, "plugin", plugin, 200, knobs="memprofilerate=1,blockprofilerate=1")
    assert total(read(folder, "threadcreate"), "threadcreate", "plugin_work") == 200
    assert total(read(folder, "allocs"), "alloc_space", "work") == 400 * 100000


def test_64_threads_on_one_mutex(folder):
    done = profiled(folder, HOOKED, "crowd", 64, 2000, knobs="blockprofilerate=1")
    assert facts(done.stdout) == {"counted": 128000}
    assert total(read(folder, "threadcreate"), "threadcreate") == 64


def test_sudden_ends_leave_profiles(folder):
    """Signals that kill, also while locks are held, kill as without, after profiles were written."""
    for how, number in (("abort", signal.SIGABRT), ("fault", signal.SIGSEGV), ("term", signal.SIGTERM),
                        ("overflow", signal.SIGSEGV), ("default", signal.SIGINT)):
        done = profiled(folder, HOOKED, "die", how, check=False, knobs="memprofilerate=1")
        assert done.returncode == 128 + number, (how, done)
        assert sorted(os.listdir(folder / "out")) == sorted(f"{kind}.pb.gz" for kind in KINDS), how
        assert total(read(folder, "heap"), "inuse_space", "allocate_before_the_end") == 1000000, how
        assert total(read(folder, "threadcreate"), "threadcreate", "die") == 2, how
        assert total(read(folder, "cpu"), "samples") >= 0
        shutil.rmtree(folder / "out")


def test_an_end_in_a_handler_leaves_profiles(folder):
    done = profiled(folder, HOOKED, "handler", check=False, knobs="memprofilerate=1")
    assert done.returncode == 7, done
    assert total(read(folder, "heap"), "inuse_space", "allocate_before_the_end") == 1000000


def test_a_storm_does_no_harm(folder):
    """Threads, children, plugins and crowds, while profiles start, stop and are asked for."""
    seconds = int(os.environ.get("WEFT_STRESS_SECONDS", "4"))
    address = folder / "socket"
    process = subprocess.Popen([str(harness.WEFT), "run", "-q", "--http", f"unix:{address}", "--",
                                str(HOOKED), "storm", str(PROGRAMS / "libhooked-plugin.so"),
                                str(seconds)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               text=True, env=dict(os.environ, WEFT="memprofilerate=65536,"
                                                                    "schedtrace=100,blockio=1"))
    fetched = asked = 0
    paths = ("profile?seconds=1", "heap", "goroutine?debug=2", "block", "mutex", "threadcreate")
    try:
        harness.wait_for(lambda: address.exists() or process.poll() is not None, "the server")
        while process.poll() is None:
            done = subprocess.run(["curl", "-s", "--fail", "-o", "/dev/null", "--unix-socket",
                                   str(address), "http://localhost/debug/pprof/"
                                   + paths[asked % len(paths)]])
            asked += 1
            fetched += done.returncode == 0
    finally:
        process.kill() if process.poll() is None else None
        text, _ = process.communicate(timeout=harness.PATIENCE_S)
    assert process.returncode == 0 and facts(text) == {"survived": 1}, (process.returncode, text)
    assert fetched > 0


# ---- Programs of others ----


def compare(folder, *argv, stdin=None, **options):
    """The same output and status with and without; all kinds are there."""
    text = stdin.read_bytes() if stdin else None
    plain = subprocess.run([str(word) for word in argv], input=text, capture_output=True,
                           timeout=harness.PATIENCE_S)
    done = subprocess.run([str(harness.WEFT), "run", "-o", str(folder / "out"), "--",
                           *(str(word) for word in argv)], input=text, capture_output=True,
                          timeout=harness.PATIENCE_S)
    assert done.stdout == plain.stdout and done.returncode == plain.returncode, done
    assert sorted(os.listdir(folder / "out")) == sorted(f"{kind}.pb.gz" for kind in KINDS), done
    return done.stderr.decode()


def test_sqlite3(folder):
    need("sqlite3", "sqlite3")
    # It allocates 2.8 MiB: at the default rate one run in 270 has no sample.
    text = compare(folder, "sqlite3", ":memory:",
                   "create table t(a); with recursive c(x) as (select 1 union all select x + 1 "
                   "from c where x < 100000) insert into t select x from c; select sum(a) from t;",
                   env={**os.environ, "WEFT": "memprofilerate=16384"})
    assert "allocated: " in text, text


def test_xz_with_threads(folder):
    need("xz", "xz-utils")
    data = folder / "data"
    data.write_bytes(os.urandom(3 << 20) * 2)
    compare(folder, "xz", "-T2", "--block-size=1MiB", "-1", "-c", data)
    assert total(read(folder, "threadcreate"), "threadcreate") == 2
    # Its threads begin with all signals blocked, and use nearly all of the CPU time.
    comment = next(c for c in read(folder, "cpu")["comments"] if c.startswith("cpu: the process used"))
    used, sampled = map(float, re.findall(r"[\d.]+(?= s)", comment))
    assert sampled > 0.8 * used, comment


def test_python3(folder):
    compare(folder, "/usr/bin/python3", "-c", "import json, threading\n"
            "ts = [threading.Thread(target=json.dumps, args=(list(range(1000)),))"
            " for _ in range(50)]\n[t.start() for t in ts]\n[t.join() for t in ts]\n"
            "print(len(ts))")
    assert total(read(folder, "threadcreate"), "threadcreate") == 50


def test_redis_server(folder):
    """A server that handles SIGTERM, forks to save, and has an allocator of its own (jemalloc)."""
    need("redis-server", "redis-server")
    address = folder / "socket"
    process = subprocess.Popen(
        [str(harness.WEFT), "run", "-o", str(folder / "out"), "--", "redis-server", "--port", "0",
         "--unixsocket", str(address), "--dir", str(folder), "--save", ""],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        harness.wait_for(address.exists, "redis to listen")
        run("redis-benchmark", "-s", address, "-n", 20000, "-q", "-t", "set,get")
        assert "Background saving" in run("redis-cli", "-s", address, "bgsave").stdout
    finally:
        process.terminate()
        _, text = process.communicate(timeout=harness.PATIENCE_S)
    assert process.returncode == 0, text
    assert total(read(folder, "threadcreate"), "threadcreate") >= 3, text
    assert total(read(folder, "allocs"), "alloc_space") > 1 << 20, text


def load_nginx(folder, become, environment):
    """A master whose workers are forks; each answers and ends as without, and has its profiles."""
    nginx = need("nginx", "nginx-light")
    need("ab", "apache2-utils")
    page = os.urandom(200000)
    folder.chmod(0o755)  # Workers are another user's.
    (folder / "www").mkdir()
    (folder / "www" / "page").write_bytes(page)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "conf").write_text(f"""
        daemon off; worker_processes 2; pid {folder}/pid; error_log {folder}/error;
        events {{ worker_connections 64; }}
        http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
               fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
               gzip on; gzip_types *; server {{ listen 127.0.0.1:{port}; root {folder}/www; }} }}
        """)
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([*become, str(harness.WEFT), "run", "--children", "-o",
                                    str(folder / "out"), "--", nginx, "-p", str(folder), "-c",
                                    str(folder / "conf")], stdout=log, stderr=log,
                                   env=dict(environment, WEFT="memprofilerate=16384"))
        try:
            address = f"http://127.0.0.1:{port}/page"
            harness.wait_for(lambda: subprocess.run(["curl", "-s", "-o", "/dev/null", address])
                             .returncode == 0, "nginx")
            load = run("ab", "-q", "-k", "-n", 2000, "-c", 8, "-H", "Accept-Encoding: gzip",
                       address).stdout
            assert harness.fetch_bytes(address) == page
        finally:
            process.terminate()
            process.wait(timeout=harness.PATIENCE_S)
        log.seek(0)
        text = log.read()
    assert re.search(r"Failed requests: +0$", load, re.M), load
    assert process.returncode == 0, text
    workers = sorted(folder.glob("out/allocs.*.pb.gz"))
    assert len(workers) == 2, (os.listdir(folder / "out"), text)
    allocated = sum(total(pprof_file.decode(worker.read_bytes()), "alloc_space")
                    for worker in workers)
    assert allocated > 2000 * 10000, (allocated, text)  # A buffer and zlib's state each.


def test_nginx_under_load(folder):
    load_nginx(folder, (), os.environ)


def test_nginx_of_an_ordinary_user(folder):
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        home = pathlib.Path(name)
        load_nginx(home, *harness.become_nobody(home))


def test_ripgrep(folder):
    """A program in Rust, with threads."""
    need("rg", "ripgrep")
    compare(folder, "rg", "--sort", "path", "-c", "weft_", harness.SOURCE / "tracer")
    shutil.rmtree(folder / "out")
    # Unsorted it searches in threads, whose order is by chance.
    done = profiled(folder, "rg", "-c", "-j4", "weft_", harness.SOURCE / "tracer")
    plain = run("rg", "-c", "-j4", "weft_", harness.SOURCE / "tracer").stdout
    assert sorted(done.stdout.splitlines()) == sorted(plain.splitlines()), done
    assert total(read(folder, "threadcreate"), "threadcreate") >= 4


def test_under_valgrind(folder):
    """No error and no leak of ours beside the program's own."""
    need("valgrind", "valgrind")
    library = harness.LIB / "libweft-preload.so"
    # valgrind starts its tool by exec.
    text = run("valgrind", "--leak-check=full", "--error-exitcode=9", HOOKED, "crowd", 4, 50,
               env=dict(os.environ, LD_PRELOAD=str(library),
                        WEFT=f"children=1,trace=0,blockprofilerate=1,mutexprofilefraction=1,"
                             f"out={folder}"))
    assert "definitely lost: 0 bytes" in text.stderr, text
    assert list(folder.glob("block.*")), text.stderr


def other_allocators():
    found = [path for folder in ("x86_64-linux-gnu", "aarch64-linux-gnu")
             for name in ("libjemalloc.so.2", "libtcmalloc_minimal.so.4", "libmimalloc.so.2.0")
             if (path := pathlib.Path("/usr/lib") / folder / name).exists()]
    if not found:
        raise harness.Skip("no other allocator is installed (package libjemalloc2)")
    return found


def test_other_allocators(folder):
    """Whatever allocator comes behind us is the one that is called."""
    for allocator in other_allocators():
        done = weft("run", "-o", folder / allocator.name, "--", HOOKED, "fork", 20,
                    env=dict(os.environ, LD_PRELOAD=str(allocator), WEFT="memprofilerate=4096"))
        assert facts(done.stdout) == {"children": 20}
        profile = pprof_file.decode((folder / allocator.name / "allocs.pb.gz").read_bytes())
        assert total(profile, "alloc_space") > 0, allocator


def test_operators_of_other_allocators(folder):
    """Each `new` counts once, whether it comes through malloc() or not; what it throws comes through."""
    source = folder / "program.cc"
    source.write_text("""
        #include <cstdio>
        #include <new>
        struct alignas(64) wide { char bytes[128]; };
        __attribute__((noinline)) void fill() {
            static char *all[1000];
            static wide *wides[1000];
            for (int i = 0; i < 1000; i++) {
                all[i] = i % 2 ? new char[1000] : new (std::nothrow) char[1000];
                wides[i] = new wide;
            }
            for (int i = 0; i < 400; i++) {
                delete[] all[i];
                delete wides[i];
            }
        }
        int main(int argc, char **) {
            fill();
            volatile size_t huge = argc > 1 ? size_t(1) << 60 : 1;
            try {
                char *volatile much = new char[huge];
                delete[] much;
            } catch (const std::bad_alloc &) {
                std::puts("thrown 1");
            }
        }
        """)
    run("g++", "-std=c++17", "-O1", "-g", "-o", folder / "program", source)
    for allocator in ("", *other_allocators()):
        # mimalloc ends a program that it has no memory for.
        fails = ("fail",) if "mimalloc" not in str(allocator) else ()
        done = weft("run", "-k", "heap", "-o", folder / "out", "--", folder / "program", *fails,
                    env=dict(os.environ, LD_PRELOAD=str(allocator), WEFT="memprofilerate=1"))
        assert facts(done.stdout) == ({"thrown": 1} if fails else {}), allocator
        heap = read(folder, "heap")
        assert total(heap, "alloc_objects", "fill") == 2000, allocator
        assert total(heap, "inuse_space", "fill") == 600 * (1000 + 128), allocator
        shutil.rmtree(folder / "out")


def compile_c(folder, text, *flags):
    source = folder / "program.c"
    source.write_text(text)
    done = subprocess.run(["gcc", *flags, "-o", folder / "program", source], capture_output=True,
                          text=True)
    if done.returncode:
        raise harness.Skip(f"gcc {' '.join(flags)}: {done.stderr.strip().splitlines()[-1]}")
    return folder / "program"


HELLO = "#include <stdlib.h>\nint main(void) { free(malloc(1000)); return 5; }\n"


def test_beside_address_sanitizer(folder):
    """It has to come first, so that its allocator is the one that counts; the rest is profiled."""
    done = profiled(folder, compile_c(folder, HELLO, "-fsanitize=address"), check=False)
    assert done.returncode == 5 and "ASan" not in done.stderr, done


def test_cxx_programs(folder):
    """new and delete come through malloc and free; the table names who asked for them."""
    source = folder / "program.cc"
    source.write_text("""
        #include <cstdio>
        #include <stdexcept>
        #include <string>
        #include <vector>
        __attribute__((noinline)) size_t fill() {
            std::vector<std::string> texts;
            for (int i = 0; i < 3000; i++) {
                try {
                    texts.push_back(std::string(1000, 'x'));
                    if (i % 10 == 0) throw std::runtime_error("often");
                } catch (const std::exception &) {
                }
            }
            return texts.size();
        }
        int main() { std::printf("size %zu\\n", fill()); }
        """)
    done = subprocess.run(["g++", "-O1", "-g", "-o", folder / "program", source],
                          capture_output=True, text=True)
    assert done.returncode == 0, done
    done = profiled(folder, folder / "program", knobs="memprofilerate=1")
    assert facts(done.stdout) == {"size": 3000}
    profile = read(folder, "allocs")
    assert total(profile, "alloc_space", "fill") > 3000 * 1001
    assert total(profile, "inuse_space", "fill") == 0
    assert re.search(r"^ +\d\.\d MiB +9\d\.\d %  fill", done.stderr, re.M), done.stderr


def test_lines_at_intervals_tell_of_threads_and_allocator(folder):
    """As Go's GODEBUG; on standard error, whole lines."""
    done = profiled(folder, HOOKED, "contend", 10, 20, options=("-q",),
                    knobs="schedtrace=50,scheddetail=1,alloctrace=100")
    sched = re.findall(r"^SCHED (\d+)ms: cpus=(\d+) quota=(none|[\d.]+) threads=(\d+) running=(\d+) "
                       r"sleeping=(\d+) blocked=\d+ cpu=[\d.]+ms runwait=[\d.]+ms switches=\d+$",
                       done.stderr, re.M)
    alloc = re.findall(r"^ALLOC \d+ms: inuse=(\d+) free=\d+ sys=(\d+) mapped=\d+ rss=(\d+)$",
                       done.stderr, re.M)
    assert len(sched) >= 3 and len(alloc) >= 2, done.stderr
    assert int(sched[0][0]) < int(sched[1][0]) and int(sched[0][1]) == len(os.sched_getaffinity(0))
    assert all(int(line[3]) >= int(line[4]) + int(line[5]) >= 2 for line in sched[1:]), sched
    assert all(0 < int(inuse) <= int(total_) for inuse, total_, _ in alloc), alloc
    details = re.findall(r"^  T\d+: state=([\w. ]+) cpu=[\d.]+ms runwait=[\d.]+ms switches=\d+ "
                         r"name=(.+)$", done.stderr, re.M)
    assert {"test-hooked", "weft-periodic"} <= {name for _, name in details}, details
    assert len(done.stderr.splitlines()) == len(sched) + len(alloc) + len(details), done.stderr
    # The threads of these lines are not the program's.
    assert total(read(folder, "threadcreate"), "threadcreate") == 1


# ---- What cannot be ----


def refused(*argv, status=1, **options):
    done = weft("run", *argv, check=False, **options)
    assert done.returncode == status and len(done.stderr.splitlines()) <= 2, done
    return done.stderr


def test_static_programs_are_refused(folder):
    program = compile_c(folder, HELLO, "-static")
    assert "statically linked" in refused("--", program)


def test_thread_sanitizer_is_refused(folder):
    program = compile_c(folder, HELLO, "-fsanitize=thread")
    assert "ThreadSanitizer" in refused("--", program)


def test_programs_with_more_rights_are_refused(folder):
    if os.geteuid() != 0:
        raise harness.Skip("only root can give a program to somebody else")
    program = compile_c(folder, HELLO)
    os.chown(program, 12345, 12345)
    program.chmod(0o4755)
    assert "set-user-id" in refused("--", program)
    program.chmod(0o2755)
    assert "set-group-id" in refused("--", program)


def test_mistakes_are_told(folder):
    assert "which command?" in refused(status=2)
    assert "no profile called 'x'" in refused("--profile", "cpu,x", "--", "true", status=2)
    assert "nothing to do" in refused("--", "true", env=dict(os.environ, WEFT="off"))
    assert "make the folder" in refused("-o", "/proc/x/y", "--", "true")
    assert "No such file" in refused("--", "./does-not-exist", status=127)
    done = profiled(folder, "true", knobs="memprofilerat=1", check=False)
    assert "weft: WEFT: no such knob: memprofilerat=1" in done.stderr, done
    done = weft("run", "--", "sh", "-c", "kill -9 $$", check=False)
    assert done.returncode == 137 and "signal 9 killed" in done.stderr, done
    done = weft("run", "-q", "--", "sh", "-c", "exit 3", check=False)
    assert done.returncode == 3 and not done.stderr, done


# ---- Children, kinds, HTTP ----


def test_nothing_to_show_is_said(folder):
    done = harness.weft("run", "--profile", "mutex", "--", "true")
    assert "nothing to show: the command did too little" in done.stderr, done.stderr
    assert harness.weft("run", "-q", "--profile", "mutex", "--", "true").stderr == ""


def test_children_are_left_alone_unless_wanted(folder):
    command = ("sh", "-c", "echo [$LD_PRELOAD]; true; /bin/echo hello; exit 0")
    done = profiled(folder, *command)
    assert done.stdout == "[]\nhello\n", done
    assert len(os.listdir(folder / "out")) == len(KINDS)
    done = profiled(folder, *command, options=("--children",))
    assert done.stdout.endswith("hello\n") and "libweft-preload" in done.stdout, done
    children = [name for name in os.listdir(folder / "out") if re.match(r"heap\.\d+\.pb", name)]
    assert len(children) == 1, children


# Each program of the chain says what it was given and executes the next in another way; 100 words
# behind the name are more than execl() is prepared for without a large frame.
CHAIN = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#define TEN(x) x, x, x, x, x, x, x, x, x, x
static __attribute__((noinline)) void *allocate_before(void) { return malloc(1000000); }
static __attribute__((noinline)) void *allocate_later(void) { return malloc(2000000); }
static __attribute__((noinline)) void *allocate_last(void) { return malloc(4000000); }
void *volatile kept;
int main(int argc, char **argv)
{
	char step = argc > 1 ? argv[1][0] : '0', next[2] = {step + 1, 0}, *self = argv[0];
	char *words[] = {self, next, NULL}, *plain[] = {"FROM=own", NULL, NULL, NULL, NULL};
	asprintf(&plain[1], "LD_PRELOAD=%s", getenv("LD_PRELOAD"));
	asprintf(&plain[2], "WEFT=%s", getenv("WEFT"));
	asprintf(&plain[3], "PATH=%s", getenv("PATH"));
	printf("%c %d %s\n", step, argc, getenv("FROM") ? getenv("FROM") : "");
	fflush(stdout);
	setenv("FROM", "parent", 1);
	switch (step) {
	case '0':
		kept = allocate_before();
		if (vfork() == 0) { execl("/bin/echo", "echo", "child", NULL); _exit(1); }
		if (wait(NULL) < 0 || execv("/nowhere", words) != -1 || errno != ENOENT ||
		    execv("text", words) != -1 || errno != ENOEXEC)
			return 1;
		kept = allocate_later();
		execl(self, self, next, NULL);
	case '1': execlp(self, self, next, NULL);
	case '2': execle(self, self, next, NULL, plain);
	case '3': execv(self, words);
	case '4': execvp("program", words);
	case '5': execve(self, words, plain);
	case '6': execvpe("program", words, plain);
	case '7': fexecve(open(self, O_RDONLY), words, environ);
	case '8': execveat(AT_FDCWD, self, words, environ, 0);
	case '9': execl(self, self, next, TEN(TEN("x")), NULL);
	}
	kept = allocate_last();
	return 3;
}
"""


def test_executions_keep_the_profiles_of_what_went_before(folder):
    """Also after attempts that failed; children of vfork() leave nothing; words and variables arrive."""
    program = compile_c(folder, CHAIN, "-w")
    (folder / "text").write_text("no program\n")
    (folder / "text").chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    said = ["0 1 ", "child", *(f"{step} 2 {'own' if step in (3, 6, 7) else 'parent'}"
                               for step in range(1, 10)), ": 102 parent"]
    done = profiled(folder, program, check=False, options=("--children", "-k", "heap"), cwd=folder,
                    env=dict(os.environ, PATH=path, WEFT="memprofilerate=1"))
    assert (done.returncode, done.stdout.splitlines()) == (3, said), done
    assert "weft:" not in done.stderr, done
    first, last = read(folder, "heap.exec1"), read(folder, "heap")
    assert all(place["build_id"] for place in first["mappings"].values()
               if place["file"].endswith((".so.6", "program"))), first["mappings"]
    assert total(first, "inuse_space", "allocate_before") == 1000000
    assert total(first, "inuse_space", "allocate_later") == 2000000
    assert total(first, "inuse_space", "allocate_last") == 0
    assert total(last, "inuse_space", "allocate_last") == 4000000
    assert total(last, "inuse_space", "allocate_later") == 0
    left = sorted(name for name in os.listdir(folder / "out") if re.match(r"heap\.[ep]", name))
    assert left == sorted(["heap.pb.gz", *(f"heap.exec{n}.pb.gz" for n in range(1, 11))]), left
    assert re.search(r"-- process \d+, program 1: program\n(?:.*\n)*.* allocate_later\n", done.stderr)
    assert re.search(r"-- process \d+, program 11: program\n(?:.*\n)*.* allocate_last\n", done.stderr)


LOADING = """
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void *load(void *name)
{
	for (;;) {
		void *library = dlopen(name, RTLD_NOW);
		free(malloc(rand() % 5000));
		dlclose(library);
	}
}
int main(int argc, char **argv)
{
	char next[2] = {argv[1][0] - 1, 0};
	pthread_t thread;
	int i;
	for (i = 0; i < 4; i++) pthread_create(&thread, NULL, load, argv[2]);
	usleep(20000);
	if (argv[1][0] > '0') execl(argv[0], argv[0], next, argv[2], NULL);
	return 3;
}
"""


def test_executions_while_others_load_and_allocate(folder):
    """No copy of the process waits for a lock that a thread has which is not there: it would be killed."""
    program = compile_c(folder, LOADING, "-w")
    done = profiled(folder, program, 5, "libm.so.6", check=False, options=("--children", "-k", "heap"))
    assert done.returncode == 3 and "empty" not in done.stderr, done
    assert len(os.listdir(folder / "out")) == 6, os.listdir(folder / "out")


def test_programs_that_are_executed_are_not_passed_off_as_profiled(folder):
    program = compile_c(folder, CHAIN, "-w")
    (folder / "text").write_text("no program\n")
    (folder / "text").chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    done = profiled(folder, program, check=False, cwd=folder, options=("-k", "heap"),
                    env=dict(os.environ, PATH=path, WEFT="memprofilerate=1"))
    assert done.returncode == 3 and os.listdir(folder / "out") == ["heap.exec1.pb.gz"], done
    assert "has left no profiles: try --children" in done.stderr, done
    assert "allocate_later" in done.stderr and "allocate_last" not in done.stderr, done


def test_no_timer_of_ours_outlives_an_execution(folder):
    """It would kill the next program, which has no handler for its signal."""
    busy = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"
    done = profiled(folder, "sh", "-c", f"{busy}; exec sh -c '{busy}; exit 3'", check=False,
                    env=dict(os.environ, WEFT_CPU_ENGINE="process-timer"))
    assert done.returncode == 3, done
    assert total(read(folder, "cpu.exec1"), "samples") > 5


def test_only_kinds_that_are_named_are_kept(folder):
    done = weft("run", "-k", "heap,threadcreate", "-o", folder / "out", "--", HOOKED, "threads", 5)
    assert sorted(os.listdir(folder / "out")) == ["heap.pb.gz", "threadcreate.pb.gz"]
    assert "threads created: 5" in done.stderr, done


def test_signals_are_passed_on(folder):
    process = subprocess.Popen([str(harness.WEFT), "run", "--", "sh", "-c",
                                "trap 'echo caught; exit 4' TERM; echo ready; while :; do sleep 0.1; done"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    text, _ = process.communicate(timeout=harness.PATIENCE_S)
    assert text == "caught\n" and process.returncode == 4, (text, process.returncode)


@contextlib.contextmanager
def served(folder, *argv):
    """A command that says "ready" and reads to the end; yields a function from paths to answers."""
    address = folder / "socket"
    process = subprocess.Popen([str(harness.WEFT), "run", "--http", f"unix:{address}", "--",
                                *map(str, argv)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)

    def fetch(path):
        return subprocess.run(["curl", "-s", "--fail", "--unix-socket", str(address),
                               f"http://localhost/debug/pprof/{path}"], capture_output=True).stdout

    try:
        assert process.stdout.readline() == "ready\n"
        harness.wait_for(address.exists, "the server to listen")
        harness.wait_for(lambda: fetch(""), "the process to be served")
        yield fetch
    finally:
        _, text = process.communicate("end\n", timeout=harness.PATIENCE_S)
        print(text, end="")
    assert process.returncode == 0


def test_profiles_are_served_while_it_runs(folder):
    with served(folder, "sh", "-c", "echo ready; read line") as fetch:
        for kind in ("heap", "allocs", "block", "mutex", "threadcreate", "goroutine"):
            assert pprof_file.decode(fetch(kind))["types"], kind
        assert re.match(rb"heap profile: \d+: \d+ \[\d+: \d+\] @ heap/1048576\n",
                        fetch("heap?debug=1"))
        assert fetch("block?debug=1").startswith(b"--- contention:\ncycles/second=1000000000\n")
        assert fetch("mutex?debug=1").startswith(b"--- mutex:\n")
        assert fetch("threadcreate?debug=1").startswith(b"threadcreate profile: total 0\n")


HOARDER = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void *blocks[50001];
int main(int argc, char **argv)
{
	FILE *pid = fopen(argv[1], "w");
	int i;
	fprintf(pid, "%d", getpid());
	fclose(pid);
	for (i = 0; i <= 50000; i++) blocks[i] = memset(malloc(2000), 1, 2000);
	for (i = 0; i < 50000; i++) free(blocks[i]); /* The last one holds the top of the heap. */
	puts("ready");
	fflush(stdout);
	return getchar() == EOF;
}
"""


def test_gc_gives_free_memory_back(folder):
    """The allocator's statistics stand in the text's end; what is free but kept, gc=1 gives back."""
    program = compile_c(folder, HOARDER)
    with served(folder, program, folder / "pid") as fetch:
        status = pathlib.Path("/proc", (folder / "pid").read_text(), "status")

        def resident_kib():
            return int(re.search(r"^VmRSS:\s+(\d+)", status.read_text(), re.M).group(1))

        before = resident_kib()
        told = {name: int(value) for name, value in
                re.findall(r"^# (\w+) = (\d+)$", fetch("heap?debug=1").decode(), re.M)}
        assert resident_kib() > before - 10000 > 80000, before
        assert told["HeapIdle"] > 90000000 and told["HeapSys"] > told["HeapIdle"], told
        assert told["Alloc"] == told["HeapAlloc"] < 10000000 and told["MaxRSS"] > 90000000, told
        assert fetch("heap?gc=1")
        assert resident_kib() < before - 80000, (before, resident_kib())


def test_slow_starters_are_served_too(folder):
    """The server waits for the command to have loaded what is to be served."""
    source = folder / "slow.c"
    source.write_text("""
        #include <stdio.h>
        #include <string.h>
        #include <unistd.h>
        unsigned int la_version(unsigned int version) {
            char name[16] = "";
            FILE *file = fopen("/proc/self/comm", "r");
            if (file && fgets(name, sizeof(name), file) && strcmp(name, "sh\\n") == 0)
                usleep(700000); /* Before any other library is there. */
            return version;
        }
        """)
    run("gcc", "-shared", "-fPIC", "-o", folder / "slow.so", source)
    address = folder / "socket"
    process = subprocess.Popen([str(harness.WEFT), "run", "-q", "--http", f"unix:{address}", "--",
                                "sh", "-c", "read line"], stdin=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True,
                               env=dict(os.environ, LD_AUDIT=str(folder / "slow.so")))
    try:
        harness.wait_for(lambda: address.exists() or process.poll() is not None, "the server")
    finally:
        _, text = process.communicate("end\n", timeout=harness.PATIENCE_S)
    assert process.returncode == 0 and "listening" in text, text


harness.main()
