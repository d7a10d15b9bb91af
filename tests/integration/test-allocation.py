# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""Each allocation of the conversion of a small trace fails once: no crash, no leak, and said."""

import os

import ctf
import harness

SPANS = harness.BUILD / "tests" / "programs" / "test-spans"
PRELOAD = harness.BUILD / "tests" / "programs" / "libfail-allocation.so"
# Runs a command; more allocations than this are sampled evenly.
RUNS_MAX = 200


def attempt(folder, fail_at, *argv):
    """Returns the finished run, how many allocations there were, and how many were not freed."""
    report = folder / "report"
    report.unlink(missing_ok=True)
    environment = dict(os.environ, LD_PRELOAD=str(PRELOAD), FAIL_AT=str(fail_at),
                       FAIL_REPORT=str(report))
    done = harness.weft(*argv, check=False, env=environment)
    assert report.exists(), f"allocation {fail_at}: status {done.returncode}\n{done.stderr}"
    count, live = map(int, report.read_text().split())
    return done, count, live


def check(folder, *argv, output=None):
    if harness.SANITIZED:
        raise harness.Skip("the sanitizers bring an allocator of their own")
    done, count, live_before = attempt(folder, 0, *argv)
    assert done.returncode == 0, done.stderr
    good = done.stdout
    good_file = output.read_bytes() if output else None
    told = survived = 0
    for fail_at in range(1, count + 1, max(1, count // RUNS_MAX)):
        if output:
            output.unlink(missing_ok=True)
        done, _, live = attempt(folder, fail_at, *argv)
        context = f"allocation {fail_at} of {count}: status {done.returncode}\n{done.stderr}"
        assert live <= live_before, f"{live - live_before} blocks lost, {context}"
        if done.returncode == 0:
            survived += 1
            assert done.stdout == good, f"worse, and not told: {context}"
            assert not output or output.read_bytes() == good_file, f"worse: {context}"
        else:
            told += 1
            assert done.returncode == 1 and "emory" in done.stderr, context
            assert done.stderr.count("\n") == 1, context
            assert done.stdout != good or not good, context
            assert not output or not output.exists(), f"a file was left, {context}"
    print(f"         {' '.join(map(str, argv[:1]))}: {count} allocations, {told} failures told, "
          f"{survived} survived")
    assert told > 10


def record(folder):
    with harness.session_daemon():
        harness.record_by_lttng(folder / "recording", SPANS, 20)
    return folder / "recording"


def test_convert(folder):
    output = folder / "x.trace"
    check(folder, "convert", "-q", record(folder), "-o", output, output=output)


def test_convert_of_selected_tasks(folder):
    output = folder / "x.trace"
    check(folder, "convert", "-q", record(folder), "-o", output, "--task", "request",
          output=output)


def test_summary_as_text(folder):
    check(folder, "summary", record(folder))


def test_summary_as_json(folder):
    check(folder, "summary", "--json", record(folder))


def test_critical_path(folder):
    """A task that waits for another thread, so that every part of the path is there."""
    with ctf.kernel(folder / "trace" / "kernel", 2) as trace:
        story = ctf.Schedule(trace, {101: "asker", 102: "answerer"})
        story.switch(0, 1, 102)
        story.switch(10, 1, 0)
        story.switch(20, 0, 101)
        story.wake(60, 0, 102, 1)
        story.switch(70, 1, 102)
        story.switch(80, 0, 0)
        story.wake(150, 1, 101, 0)
        story.switch(160, 0, 101)
        story.switch(200, 0, 0)
    with ctf.ust(folder / "trace" / "ust", 2) as trace:
        who = {"pid": 101, "tid": 101}
        trace.event(30_000, 0, "weft:task_begin", task=7, parent=0, type="request", ip=0, **who)
        trace.event(40_000, 0, "weft:region_begin", task=7, seq=1, name="ask", ip=0, **who)
        trace.event(180_000, 0, "weft:region_end", task=7, seq=1, name="ask", error="", **who)
        trace.event(190_000, 0, "weft:task_end", task=7, type="request", error="", **who)
    for more in ((), ("--json",)):
        check(folder, "summary", folder / "trace", "--task", "request", *more)


harness.main()
