# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""A program records itself: weft_trace_start() and weft_trace_stop()."""

import json
import os
import subprocess

import harness

SELF = harness.BUILD / "tests" / "programs" / "test-self"
# Recordings of this test alone: others may run beside it.
os.environ["TMPDIR"] = os.environ["WEFT_TEST_ISOLATED"]


def count(trace):
    """(tasks, regions, logs) of a valid trace."""
    found = json.loads(harness.weft("verify", "--json", "--strict", trace).stdout)
    assert found["accepted"]
    return found["task_end_count"], found["region_end_count"], found["log_count"]


def lines(done):
    return done.stdout.splitlines()


def left_over():
    """Folders of recordings that were not removed."""
    return {entry for entry in os.listdir(os.environ["TMPDIR"]) if entry.startswith("weft-trace-")}


def test_everything_between_start_and_stop_is_in_the_file(folder):
    before = left_over()
    done = harness.run(SELF, "file", folder / "x.trace", 1000)
    assert lines(done) == ["start 0", "stop 0"], done.stdout
    assert count(folder / "x.trace") == (1000, 1000, 1000)
    assert left_over() == before


def test_a_session_daemon_that_is_there_is_used_and_left(folder):
    with harness.session_daemon() as daemon:
        harness.run(SELF, "file", folder / "x.trace", 20)
        assert daemon.poll() is None, "the user's session daemon was ended"
        assert "weft-" not in harness.run("lttng", "list").stdout
    assert count(folder / "x.trace") == (20, 20, 20)


def test_a_descriptor_gets_the_trace(folder):
    with open(folder / "x.trace", "wb") as file:
        done = harness.run(SELF, "descriptor", file.fileno(), 30, pass_fds=[file.fileno()])
    assert lines(done) == ["start 0", "stop 0"], done.stdout
    assert count(folder / "x.trace") == (30, 30, 30)


def test_any_descriptor_will_do(folder):
    """Also those that the recorder itself has use for."""
    for fd in (3, 4):
        trace = folder / f"{fd}.trace"
        done = harness.run("sh", "-c", f'exec "$1" descriptor {fd} 30 {fd}>"$2"', "sh", SELF, trace)
        assert lines(done) == ["start 0", "stop 0"], done.stdout
        assert count(trace) == (30, 30, 30)


def test_a_pipe_gets_the_trace_and_is_closed_with_it(folder):
    read_end, write_end = os.pipe()
    with harness.started(SELF, "descriptor", write_end, 30, pass_fds=[write_end],
                         stdout=subprocess.DEVNULL):
        os.close(write_end)
        with os.fdopen(read_end, "rb") as pipe:
            (folder / "x.trace").write_bytes(pipe.read())
    assert count(folder / "x.trace") == (30, 30, 30)


def test_starting_while_running_is_an_error_and_so_is_stopping_twice(folder):
    done = harness.run(SELF, "twice", folder / "x.trace")
    stop, start, again, end, late = lines(done)
    assert stop.startswith("stop -114 no recording"), stop
    assert start == "start 0", start
    assert again.startswith("start -16 a recording"), again
    assert end == "stop 0", end
    assert late.startswith("stop -114 no recording"), late
    assert count(folder / "x.trace") == (1, 1, 1)


def test_each_recording_has_its_own_events_only(folder):
    harness.run(SELF, "again", folder / "1.trace", folder / "2.trace")
    assert count(folder / "1.trace") == (15, 15, 15)
    assert count(folder / "2.trace") == (15, 15, 15)


def test_a_program_that_dies_leaves_its_trace(folder):
    done = harness.run(SELF, "die", folder / "x.trace", 500, check=False)
    assert done.returncode == 3 and lines(done) == ["start 0"], done.stdout
    harness.wait_for((folder / "x.trace").exists, "the trace of the program that died")
    assert count(folder / "x.trace") == (500, 500, 500)


def test_a_child_of_fork_has_recordings_of_its_own(folder):
    done = harness.run(SELF, "fork", folder / "parent.trace", folder / "child.trace")
    assert any(line.startswith("child stop -114") for line in lines(done)), done.stdout
    assert "child start 0" in lines(done) and "child stop 0" in lines(done), done.stdout
    assert count(folder / "parent.trace") == (4, 4, 4)
    assert count(folder / "child.trace") == (7, 7, 7)


def test_threads_may_start_and_stop_at_once(folder):
    done = harness.run(SELF, "threads", cwd=folder)
    assert done.stdout.startswith("started "), done.stdout


def test_failures_say_why_and_leave_nothing(folder):
    before = left_over()
    missing = folder / "missing" / "x.trace"
    environment = dict(os.environ)
    for changes, output, code, message in (
            ({}, missing, -2, f"cannot write '{missing}': No such file or directory"),
            ({}, folder, -21, f"cannot write '{folder}': Is a directory"),
            ({"WEFT_BIN": "/missing/weft"}, "x.trace", -2, "cannot run '/missing/weft'"),
            ({"WEFT_BIN": "/bin/true"}, "x.trace", -32, "the recorder ended unexpectedly"),
            ({"WEFT": "off"}, "x.trace", -2, "WEFT=off"),
            ({"PATH": str(folder)}, "x.trace", -2, "lttng-sessiond")):
        done = harness.run(SELF, "file", output, 5, check=False, cwd=folder,
                           env={**environment, **changes})
        assert done.returncode == 1, f"{changes}: {done.stdout}"
        assert lines(done)[0].startswith(f"start {code} ") and message in lines(done)[0], \
            f"{changes}: {done.stdout}"
    assert left_over() == before
    assert sorted(os.listdir(folder)) == []


harness.main()
