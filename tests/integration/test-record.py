# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""weft record and weft doctor with real session daemons and real programs, by exact counts."""

import collections
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import struct
import subprocess
import time

import harness
from harness import Skip, WEFT, run, started, wait_for, weft

PROGRAMS = harness.BUILD / "tests" / "programs"
COUNTED = PROGRAMS / "test-counted"
EARLY = PROGRAMS / "test-early"
USER = 12345
# Of the rounds of test-counted.
PER_ROUND = ("task_begin", "task_end", "region_begin", "region_end", "log")


def events(directory):
    """Number of events by name, as babeltrace2 reads them."""
    text = run("babeltrace2", "--no-delta", directory).stdout
    return collections.Counter(re.findall(r" weft:(\w+): ", text))


def check_rounds(directory, count, repairs=0):
    """Exactly `count` rounds, nothing lost, for babeltrace2 and for weft convert."""
    seen = events(directory)
    assert [seen[name] for name in PER_ROUND] == [count] * 5, seen
    said = weft("convert", directory, "-o", f"{directory}.trace").stderr
    assert f"{count} tasks, {count} regions, {count} logs" in said, said
    assert f"lost events: 0, repairs: {repairs}" in said, said
    result = description(directory)["result"]
    assert result["lost_events"] == 0 and result["unreadable_bytes"] == 0, result
    return seen


def description(directory):
    return json.loads(pathlib.Path(directory, "weft.json").read_text())


# The application's half alone: test-capture.py has the kernel's, and what both are together.
def without_kernel(argv):
    return argv if "--sched" in argv else ("--sched", "accounting", *argv)


def record(directory, *argv, **options):
    return weft("record", "-o", directory, *without_kernel(argv), **options)


def record_beside(directory, *argv, **options):
    """A recorder that runs beside the block, once it records somebody."""
    return started(WEFT, "record", "-o", directory, *without_kernel(argv), stderr=subprocess.PIPE,
                   stdout=subprocess.PIPE, text=True, **options)


def wait_for_recording(directory):
    """Until the session runs and a process is in it."""
    wait_for(lambda: run("lttng", "list", check=False).stdout.count("[active]") == 1, "recording")
    wait_for(lambda: list(directory.glob("ust/uid/*/*/metadata")), "the session to have a process")


def daemon_pid():
    """Of the daemon that this user's recordings use."""
    folder = "/run/lttng" if os.geteuid() == 0 else os.path.join(os.environ["LTTNG_HOME"], ".lttng")
    try:
        pid = int(pathlib.Path(folder, "lttng-sessiond.pid").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if alive(pid) else None


def alive(pid):
    """Whether it runs; a zombie does not."""
    try:
        return " Z " not in pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1][:3]
    except (FileNotFoundError, ProcessLookupError):
        return False


def check_nothing_left():
    assert daemon_pid() is None, "a session daemon is left"
    left = [path.name for path in pathlib.Path("/dev/shm").glob(f"weft-*-{namespace()}-*")
            if not alive(int(path.name.split("-")[1]))]
    assert not left, left


def namespace():
    return os.stat("/proc/self/ns/pid").st_ino


def refused(folder, expected, *argv, status=1, **options):
    """Fails with one line that matches, and leaves no output directory."""
    done = weft("record", *argv, check=False, **options)
    assert done.returncode == status, done
    assert re.search(expected, done.stderr), done.stderr
    assert done.stderr.count("\n") == (2 if status == 2 else 1), done.stderr
    return done


# ---- A command ----


def test_command_is_recorded_whole(folder):
    done = record(folder / "out", "--", COUNTED, "rounds", 4, 500)
    assert "from 1 process, 0 events lost" in done.stderr, done.stderr
    assert f"weft summary {folder / 'out'}" in done.stderr, done.stderr
    seen = check_rounds(folder / "out", 2000)
    assert seen["account"] > 0 and seen["process"] == 1 and seen["process_end"] == 1, seen
    assert seen["thread_end"] == 4, seen
    about = description(folder / "out")
    assert about["tier"] == "accounting" and about["scope"] == "command", about
    assert about["command"].endswith("rounds 4 500"), about
    wall_s = (about["clock"]["begin_ns"] + about["clock"]["offset_to_wall_ns"]) / 1e9
    assert abs(wall_s - time.time()) < 2 * harness.PATIENCE_S, about
    check_nothing_left()


def test_events_before_and_after_main_are_recorded(folder):
    record(folder / "out", "--", EARLY)
    text = run("babeltrace2", folder / "out").stdout
    assert re.findall(r'message = "(\w+)"', text) == ["constructor", "main", "exit", "destructor"]


def test_tier_none_has_no_accounting(folder):
    record(folder / "out", "--sched", "none", "--", COUNTED, "rounds", 1, 10)
    assert check_rounds(folder / "out", 10)["account"] == 0


def test_children_with_and_without_exec_are_recorded(folder):
    record(folder / "out", "--", COUNTED, "fork", 100)
    # What the child was before exec() is seen to end when the same id begins anew.
    seen = check_rounds(folder / "out", 300, repairs=1)
    assert description(folder / "out")["result"]["processes"] == 3
    # The program, its two children, and what one of them becomes by exec.
    assert seen["process"] == 4, seen


def test_no_other_program_is_recorded(folder):
    with harness.session_daemon(), \
            started(COUNTED, "wait", folder / "ready", folder / "go", 50) as other:
        wait_for((folder / "ready").exists, "the other program")
        script = (f"{COUNTED} rounds 1 20; : >{folder}/go; "
                  f"while kill -0 {other.pid} 2>&-; do sleep 0.05; done; {COUNTED} rounds 1 20")
        waiter = subprocess.Popen([WEFT, "record", "--sched", "accounting", "-q", "-o", folder / "out", "--", "sh", "-c",
                                   script])
        other.wait(harness.PATIENCE_S)
        assert waiter.wait(harness.PATIENCE_S) == 0
    check_rounds(folder / "out", 40)


def test_exit_status_is_the_commands(folder):
    for name, script, status in (("a", "exit 7", 7), ("b", "kill -TERM $$", 143)):
        done = record(folder / name, "--", "sh", "-c", script, check=False)
        assert done.returncode == status, done
        assert "nothing was recorded: no instrumented process was seen" in done.stderr, done
    done = record(folder / "c", "--", "./no-such-program", check=False)
    assert done.returncode == 127, done
    assert done.stderr == ("weft record: cannot run './no-such-program': "
                           "No such file or directory\n"), done.stderr
    (folder / "text").write_text("no program")
    done = record(folder / "d", "--", folder / "text", check=False)
    assert done.returncode == 126 and "Permission denied" in done.stderr, done
    check_nothing_left()


def test_streams_of_the_command_are_untouched(folder):
    done = record(folder / "out", "-q", "--", "sh", "-c", "cat; echo error >&2", input="text",
                  stdin=None, check=False)
    assert done.stdout == "text", done
    assert done.stderr.startswith("error\n"), done


def test_result_as_json(folder):
    done = record(folder / "out", "--json", "--", COUNTED, "rounds", 1, 10)
    result = json.loads(done.stdout)
    assert result["directory"] == str(folder / "out"), result
    assert result["lost_events"] == 0 and result["processes"] == 1, result
    assert result["command_status"] == 0 and result["payload_bytes"] > 0, result
    assert result["bytes"] == sum(path.stat().st_size for path in (folder / "out").rglob("*")
                                  if path.is_file() and path.name != "weft.json"), result


def test_seconds_end_recording_and_command(folder):
    # On a busy machine the shortest may be over before the command comes to its first event.
    for seconds in (0.5, 2, 8):
        out, ready = folder / f"out{seconds}", folder / f"ready{seconds}"
        start = time.monotonic()
        done = record(out, "--seconds", seconds, "--", COUNTED, "wait", ready, folder / "never", 1)
        assert done.returncode == 0, done
        assert time.monotonic() - start >= seconds
        clock = description(out)["clock"]
        assert clock["end_ns"] - clock["begin_ns"] >= seconds * 1e9, clock
        seen = events(out)["process"]
        if seen:
            break
    assert seen == 1, seen


# ---- Attaching ----


def test_a_running_process_is_recorded_and_no_other(folder):
    with harness.session_daemon(), \
            started(COUNTED, "wait", folder / "ready", folder / "go", 100) as wanted, \
            started(COUNTED, "wait", folder / "ready2", folder / "go", 100):
        wait_for((folder / "ready").exists, "the program")
        wait_for((folder / "ready2").exists, "the other program")
        with record_beside(folder / "out", "--pid", wanted.pid) as recorder:
            wait_for_recording(folder / "out")
            (folder / "go").touch()
            assert wanted.wait(harness.PATIENCE_S) == 0
            recorder.send_signal(signal.SIGINT)
            said = recorder.communicate(timeout=harness.PATIENCE_S)[1]
            assert recorder.returncode == 0, said
    assert "from 1 process, 0 events lost" in said, said
    seen = check_rounds(folder / "out", 200)
    # Both threads existed before: told by the state dump, and by themselves.
    assert seen["thread"] >= 2, seen
    assert description(folder / "out")["pid"] == wanted.pid


def test_attaching_works_with_a_daemon_of_our_own(folder):
    with started(COUNTED, "wait", folder / "ready", folder / "go", 100) as wanted:
        wait_for((folder / "ready").exists, "the program")
        with record_beside(folder / "out", "--pid", wanted.pid) as recorder:
            wait_for_recording(folder / "out")
            (folder / "go").touch()
            assert wanted.wait(harness.PATIENCE_S) == 0
            recorder.send_signal(signal.SIGTERM)
            said = recorder.communicate(timeout=harness.PATIENCE_S)[1]
            assert recorder.returncode == 0, said
    check_rounds(folder / "out", 200)
    check_nothing_left()


def test_everything_is_recorded(folder):
    with record_beside(folder / "out", "--all") as recorder:
        wait_for(daemon_pid, "the session daemon")
        wait_for(lambda: run("lttng", "list", check=False).stdout.count("[active]") == 1,
                 "recording")
        run(COUNTED, "rounds", 1, 30)
        run(COUNTED, "rounds", 2, 10)
        recorder.send_signal(signal.SIGINT)
        assert recorder.wait(harness.PATIENCE_S) == 0
    check_rounds(folder / "out", 50)


def test_nothing_to_record_is_said(folder):
    done = record(folder / "out", "--all", "--seconds", "0.2", check=False)
    assert done.returncode == 1, done
    assert "no instrumented process was seen" in done.stderr, done.stderr
    assert "weft doctor" in done.stderr, done.stderr


# ---- Violent ends ----


def finished(path):
    """What test-counted's threads had finished when they were killed."""
    return struct.unpack("2Q", path.read_bytes()[:16])


def numbers(directory):
    # There are millions: what else babeltrace2 prints is left out before it gets here.
    text = run("sh", "-c", "babeltrace2 --no-delta \"$1\" | grep -o 'message = \"[01] [0-9]*'", "sh",
               directory).stdout
    found = [[], []]
    for line in text.splitlines():
        thread, number = line[len('message = "'):].split()
        found[int(thread)].append(int(number))
    return found


# What one log of test-counted takes in a buffer: header, ids, task, category, up to eight digits.
LOG_BYTES_MIN, LOG_BYTES_MAX = 32, 64


def check_all_finished(counts, directory, result):
    """All that was finished is there, in order; at most one more was on its way.

    On a busy machine a program that does nothing but log is too fast for the session daemon. What is
    missing then was counted, as events or as bytes, and is neither more nor less.
    """
    found = numbers(directory)
    lost, unreadable = result["lost_events"], result["unreadable_bytes"]
    for count, sequence in zip(counts, found):
        assert all(a < b for a, b in zip(sequence, sequence[1:])), "numbers are twice"
        if not lost and not unreadable:
            assert sequence == list(range(len(sequence))), "numbers are missing"
            assert count <= len(sequence) <= count + 1, (count, len(sequence))
    missing = sum(counts) - sum(map(len, found)) - lost
    assert -len(counts) <= missing <= unreadable / LOG_BYTES_MIN, (counts, missing, result)
    assert missing >= unreadable / LOG_BYTES_MAX - len(counts), (counts, missing, result)
    return not lost and not unreadable


def test_a_killed_program_loses_nothing(folder):
    torn = whole = 0
    attempts = 6
    for attempt in range(attempts):
        out, counts = folder / f"out{attempt}", folder / f"counts{attempt}"
        done = record(out, "--", "sh", "-c",
                      f"{COUNTED} endless {counts} 2 & until [ -s {counts} ]; do sleep 0.05; done; "
                      "sleep 0.05; kill -KILL $!; wait $!; exit 0")
        result = description(out)["result"]
        assert f" {result['lost_events']} events lost" in done.stderr, done.stderr
        assert bool(result["unreadable_bytes"]) == ("could not be read" in done.stderr), done.stderr
        torn += result["torn_events"]
        whole += check_all_finished(finished(counts), out, result)
        shutil.rmtree(out)
    print(f"         {torn} sub-buffers of {attempts * os.cpu_count()} were torn; "
          f"{whole} of {attempts} whole")
    assert whole >= attempts / 2, "losses are the exception"
    check_nothing_left()


def test_leftovers_of_a_killed_recorder_are_removed(folder):
    with record_beside(folder / "out", "--all") as recorder, \
            started(COUNTED, "wait", folder / "ready", folder / "go", 100) as program:
        wait_for_recording(folder / "out")
        recorder.kill()
        recorder.wait()
        (folder / "go").touch()
        assert program.wait(harness.PATIENCE_S) == 0
    left = daemon_pid()
    assert left and f"weft-{recorder.pid}-" in run("lttng", "list").stdout
    record(folder / "next", "--", COUNTED, "rounds", 1, 10)
    check_rounds(folder / "next", 10)
    assert not alive(left)
    # What it had recorded is readable.
    assert events(folder / "out")["task_begin"] == 200
    check_nothing_left()


def test_the_daemons_death_is_told(folder):
    with record_beside(folder / "out", "--all") as recorder, \
            started(COUNTED, "wait", folder / "ready", folder / "never", 1):
        wait_for_recording(folder / "out")
        os.kill(daemon_pid(), signal.SIGKILL)
        said = recorder.communicate(timeout=harness.PATIENCE_S)[1]
        assert recorder.returncode == 1, said
    assert "weft record: the session daemon ended while recording" in said, said
    assert "ended while recording" in description(folder / "out")["problem"]


def test_a_full_disk_ends_recording_in_time(folder):
    if os.geteuid() != 0:
        raise Skip("needs root to mount a small file system")
    small = folder / "small"
    small.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=160M", "weft-test", small)
    try:
        with record_beside(small / "out", "--", COUNTED, "endless", folder / "counts", "2") as recorder:
            line = recorder.stderr.readline()
            assert "is nearly full: recording ends while" in line, line
            # The command goes on, and is told to end like any.
            recorder.send_signal(signal.SIGTERM)
            recorder.communicate(timeout=harness.PATIENCE_S)
            assert recorder.returncode == 128 + signal.SIGTERM
        weft("convert", small / "out", "-o", folder / "trace")
        for found in numbers(small / "out"):
            # What the daemon was too slow for was counted, and is no matter of the disk.
            assert found == list(range(len(found))) or \
                description(small / "out")["result"]["lost_events"], "numbers are missing"
            assert all(a < b for a, b in zip(found, found[1:])), "numbers are twice"
    finally:
        run("umount", small)


# ---- Ctrl-C ----


def at_terminal(*argv):
    """Starts under a terminal of its own: (pid, terminal)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(argv[0], [str(word) for word in argv])
    return pid, terminal


def finish_at_terminal(pid, terminal):
    """Output and exit status."""
    text = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            part = b""
        if not part:
            break
        text += part
    os.close(terminal)
    return text.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_interrupt_at_the_terminal_ends_both(folder):
    pid, terminal = at_terminal(str(WEFT), "record", "--sched", "accounting", "-o", folder / "out", "--", COUNTED, "wait",
                                folder / "ready", folder / "never", 1)
    wait_for((folder / "ready").exists, "the program")
    os.write(terminal, b"\x03")
    text, status = finish_at_terminal(pid, terminal)
    assert status == 128 + signal.SIGINT, text
    assert "0 events lost" in text, text
    assert events(folder / "out")["process"] == 1
    check_nothing_left()


def test_second_interrupt_ends_a_command_that_ignores_the_first(folder):
    pid, terminal = at_terminal(str(WEFT), "record", "--sched", "accounting", "-o", folder / "out", "--", "sh", "-c",
                                f"trap : INT; {COUNTED} rounds 1 10; echo waits; "
                                "while :; do sleep 1; done")
    wait_for(lambda: b"waits" in os.read(terminal, 4096), "the command")
    os.write(terminal, b"\x03")
    time.sleep(0.5)
    assert os.waitpid(pid, os.WNOHANG) == (0, 0), "the first one ended it"
    os.write(terminal, b"\x03")
    text, status = finish_at_terminal(pid, terminal)
    assert status == 128 + signal.SIGTERM, (status, text)
    check_rounds(folder / "out", 10)


def test_progress_at_the_terminal(folder):
    pid, terminal = at_terminal(str(WEFT), "record", "--sched", "accounting", "-o", folder / "out", "--all")
    wait_for(lambda: b"Ctrl-C stops" in os.read(terminal, 4096), "progress")
    run(COUNTED, "rounds", 1, 10)
    os.write(terminal, b"\x03")
    text, status = finish_at_terminal(pid, terminal)
    assert status == 0, text
    check_rounds(folder / "out", 10)


# ---- Beside others ----


def test_the_users_daemon_and_sessions_stay(folder):
    with harness.session_daemon() as daemon:
        run("lttng", "create", "mine", f"--output={folder / 'mine'}")
        record(folder / "out", "--", COUNTED, "rounds", 1, 10)
        assert description(folder / "out")["result"]["own_session_daemon"] is False
        assert daemon.poll() is None
        listed = run("lttng", "list").stdout
        assert "mine" in listed and ") weft-" not in listed, listed
        run("lttng", "destroy", "mine")
    check_rounds(folder / "out", 10)


def test_recordings_at_once_do_not_disturb_each_other(folder):
    recorders = [subprocess.Popen([WEFT, "record", "--sched", "accounting", "-q", "-o", folder / f"out{i}", "--", "sh", "-c",
                                   f"{COUNTED} rounds 2 {100 * (i + 1)}; sleep 0.{i}"])
                 for i in range(4)]
    assert [recorder.wait(harness.PATIENCE_S) for recorder in recorders] == [0] * 4
    for i in range(4):
        check_rounds(folder / f"out{i}", 200 * (i + 1))
    # One of them started the daemon, the last one ended it.
    owners = [description(folder / f"out{i}")["result"]["own_session_daemon"] for i in range(4)]
    assert sum(owners) == 1, owners
    check_nothing_left()


def test_an_ordinary_user_records(folder):
    if os.geteuid() != 0:
        raise Skip("needs root to become another user")
    home = folder / "home"
    home.mkdir()
    os.chmod(folder, 0o755)
    os.chown(home, USER, USER)
    environment = dict(os.environ, HOME=str(home))
    environment.pop("LTTNG_HOME")
    become = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups")
    # Beside a recording of root's, which sees programs of all users, but only its own command's.
    with record_beside(folder / "root", "--", COUNTED, "wait", folder / "ready", folder / "go", 5) \
            as recorder:
        wait_for((folder / "ready").exists, "root's program")
        done = run(*become, WEFT, "record", "--sched", "accounting", "-o", home / "out", "--", COUNTED, "rounds", 2, 50,
                   env=environment)
        assert "from 1 process, 0 events lost" in done.stderr, done.stderr
        (folder / "go").touch()
        assert recorder.wait(harness.PATIENCE_S) == 0
    check_rounds(home / "out", 100)
    check_rounds(folder / "root", 10)
    with started(COUNTED, "wait", folder / "ready2", folder / "go2", 5) as program:
        done = run(*become, WEFT, "record", "-o", home / "other", "--pid", program.pid,
                   env=environment, check=False)
        assert done.returncode == 1 and "belongs to another user" in done.stderr, done
        (folder / "go2").touch()
    done = run(*become, WEFT, "record", "-o", "/usr/weft-test", "--", "true", env=environment,
               check=False)
    assert done.returncode == 1, done
    assert "cannot make the output directory '/usr/weft-test': Permission denied" in done.stderr
    assert not list(home.glob(".lttng/*.pid")) or not alive(
        int((home / ".lttng/lttng-sessiond.pid").read_text()))


# ---- Refusals ----


def test_wrong_usage_is_refused(folder):
    refused(folder, "what to record", status=2)
    refused(folder, "only one of", "--all", "--", "true", status=2)
    refused(folder, "only one of", "--all", "--pid", "1", status=2)
    refused(folder, "'x' is not a process id", "--pid", "x", status=2)
    refused(folder, "'soon' is not a time", "--seconds", "soon", "--all", status=2)
    refused(folder, "no tier 'wakeups'", "--sched", "wakeups", "--all",
            status=2)
    help_text = weft("record", "--help").stdout
    assert "--seconds" in help_text and "Ctrl-C" in help_text


def test_impossible_recordings_are_refused(folder):
    out = folder / "out"
    (folder / "full").mkdir()
    (folder / "full" / "something").touch()
    refused(folder, "'.*full' is not empty", "-o", folder / "full", "--all")
    refused(folder, "is no directory", "-o", folder / "full" / "something", "--all")
    refused(folder, "cannot make the output directory.*No such file", "-o", folder / "a/b", "--all")
    free = 4000000
    while os.path.exists(f"/proc/{free}"):
        free -= 1
    refused(folder, f"there is no process {free}", "-o", out, "--pid", free)
    with started("sleep", "60") as sleeper:
        refused(folder, r"\(sleep\) is not instrumented: it is not linked with libweft", "-o", out,
                "--sched", "none", "--pid", sleeper.pid)
    assert not out.exists()
    check_nothing_left()


def test_a_missing_daemon_is_named_with_its_package(folder):
    environment = dict(os.environ, PATH=str(folder))
    refused(folder, "lttng-sessiond is not in PATH: install package lttng-tools", "-o",
            folder / "out", "--all", env=environment)
    environment = dict(os.environ, LTTNG_SESSIOND_PATH="/bin/false")
    refused(folder, "the session daemon ended at once: /bin/false", "-o", folder / "out", "--all",
            env=environment)


def test_a_missing_control_library_is_named_with_its_package(folder):
    if os.geteuid() != 0:
        raise Skip("needs root to hide a library in a mount namespace")
    library = run("sh", "-c", "ldconfig -p | sed -n 's/.*liblttng-ctl.so.0.*=> //p'").stdout.strip()
    (folder / "not-a-library").touch()
    hidden = ("unshare", "-m", "sh", "-c",
              f"mount --bind {folder / 'not-a-library'} $(realpath {library}) && exec \"$@\"", "sh")
    done = run(*hidden, WEFT, "record", "-o", folder / "out", "--all", check=False)
    assert done.returncode == 1 and "install package liblttng-ctl0" in done.stderr, done
    assert done.stderr.count("\n") == 1, done.stderr
    done = run(*hidden, WEFT, "doctor", check=False)
    assert done.returncode == 1 and "apt-get install lttng-tools" in done.stdout, done
    # What reads traces does not need it.
    assert run(*hidden, WEFT, "convert", "--help").returncode == 0


def test_too_little_shared_memory_is_told(folder):
    if os.geteuid() != 0:
        raise Skip("needs root to mount a small /dev/shm")
    small = ("unshare", "-m", "sh", "-c",
             "mount -t tmpfs -o size=64k weft-test /dev/shm && exec \"$@\"", "sh")
    done = run(*small, WEFT, "record", "-o", folder / "out", "--all", check=False)
    assert done.returncode == 1 and "KiB is free in /dev/shm: mount -o remount" in done.stderr, done
    done = run(*small, WEFT, "doctor", check=False)
    assert done.returncode == 1 and "missing" in done.stdout, done


# ---- Programs without LTTng-UST ----


def test_a_program_without_lttng_runs_unchanged(folder):
    """libweft without libweft-lttng beside it is what a machine without LTTng-UST looks like."""
    shutil.copy(harness.LIB / "libweft.so.1", folder)
    environment = dict(os.environ, LD_LIBRARY_PATH=str(folder))
    assert run(COUNTED, "fork", 10, env=environment).returncode == 0
    done = record(folder / "out", "--", COUNTED, "fork", 10, env=environment)
    assert "nothing was recorded: the command is linked with libweft but " \
           "emitted nothing" in done.stderr, done.stderr


# ---- The contract ----


def contract():
    """Events of events.h: name → [(field, type)]."""
    text = (harness.SOURCE / "tracer/include/weft/events.h").read_text().replace("\\\n", " ")
    fields = {name: re.findall(r"F\((\w+), (\w+)\)", body)
              for name, body in re.findall(r"#define WEFT_EVENT_(\w+)_FIELDS\(F\)(.*)", text)}
    return {name: fields[upper] for upper, name in re.findall(r"X\(([A-Z_]+), (\w+), WEFT_", text)}


def recorded_metadata(directory):
    """Events of the CTF metadata: name → [(field, type)]."""
    path, = directory.glob("ust/uid/*/*/metadata")
    packed, text, at = path.read_bytes(), b"", 0
    while at < len(packed):
        content, whole = (bits // 8 for bits in struct.unpack_from("<II", packed, at + 24))
        text += packed[at + 37:at + content]
        at += whole
    result = {}
    for block in text.decode().split("\nevent {\n")[1:]:
        name = re.search(r'name = "weft:(\w+)";', block).group(1)
        body = block.split("fields := struct {")[1]
        result[name] = []
        for size, signed, string, field, length in re.findall(
                r"(?:integer \{ size = (\d+); align = 8; signed = (\d);[^}]*\}|(string)) _(\w+)"
                r"(\[[^]]*\])?;", body):
            kind = "STRING" if string else f"{'S' if signed == '1' else 'U'}{size}"
            if length:
                # LTTng writes the length as a field before it.
                assert result[name].pop()[0] == f"_{field}_length", result[name]
                kind += "_SEQUENCE"
            result[name].append((field, kind))
    return result


def test_recorded_events_are_the_contracts(folder):
    record(folder / "out", "--", COUNTED, "rounds", 1, 1)
    wanted = contract()
    assert len(wanted) == 15 and wanted["thread_end"] == [("pid", "S32"), ("tid", "S32")], wanted
    assert recorded_metadata(folder / "out") == wanted


# ---- Doctor ----


def test_doctor_tells_about_a_pid_namespace(_):
    if os.geteuid() != 0:
        raise harness.Skip("needs root, to make a PID namespace")
    for form in ((), ("--json",)):
        done = run("unshare", "--pid", "--fork", "--mount-proc", harness.WEFT, "doctor", *form)
        assert "switch" in done.stdout and "tracepoints" not in done.stdout, done.stdout


def test_doctor_tells_what_is_possible(folder):
    done = weft("doctor")
    assert re.search(r"^session daemon +ok +none runs for ", done.stdout, re.M), done.stdout
    with harness.session_daemon(), \
            started(COUNTED, "wait", folder / "ready", folder / "never", 1):
        wait_for((folder / "ready").exists, "the program")
        report = json.loads(weft("doctor", "--json").stdout)
        assert report["recording_possible"] is True and report["tiers"][:2] == ["none", "accounting"]
        checks = {check["name"]: check for check in report["checks"]}
        assert "not started by weft" in checks["session daemon"]["value"], checks
        assert checks["instrumented processes"]["value"] == "1 registered now", checks
    version = run("lttng-sessiond", "--version").stdout.strip()
    assert checks["session daemon program"]["value"].startswith(f"version {version}"), checks
    done = weft("doctor", "x", check=False)
    assert done.returncode == 2 and "takes no argument, not 'x'" in done.stderr, done


harness.main()
