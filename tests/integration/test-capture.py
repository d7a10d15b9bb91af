#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""The kernel's half of recordings: every engine, what is refused, kills, full disks."""

import collections
import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time

import harness
from harness import BUILD, Skip, run, started, wait_for, weft

SWITCH = BUILD / "tests/bench/bench-switch"
COUNTED = BUILD / "tests/programs/test-counted"
REFUSE = BUILD / "tests/programs/test-refuse"
ROUNDS = 3000
LINE = re.compile(r"\[(\d+)\] (?:\S+ )?([\w:]+): \{ cpu_id = (\d+) \}, \{ ?(.*)\}$")

Event = collections.namedtuple("Event", "time name cpu fields")


def events(directory, but=None):
    """All events as babeltrace2 prints them; it must have nothing to complain about but that."""
    done = run("babeltrace2", "--no-delta", "--clock-cycles", directory)
    complaints = [line for line in done.stderr.splitlines() if line and not (but and but in line)]
    assert not complaints, done.stderr
    result = []
    for line in done.stdout.splitlines():
        found = LINE.match(line)
        assert found, line
        fields = {}
        for name, text, label, number in re.findall(
                r'(\w+) = (?:"((?:[^"\\]|\\.)*)"|\( "?([^":]+?)"? : container = -?\d+ \)|'
                r'(-?\w+))', found.group(4)):
            fields[name] = int(number, 0) if number else label or text
        result.append(Event(int(found.group(1)), found.group(2), int(found.group(3)), fields))
    return result


def description(directory):
    return json.loads((directory / "weft.json").read_text())


def needs(tier):
    """Skips where this user cannot have the tier at all."""
    report = json.loads(weft("doctor", "--json", check=False).stdout)
    if tier not in report["tiers"]:
        lift = [c.get("lift") for c in report["checks"] if c["name"] == "scheduling tiers"]
        raise Skip(f"tier {tier} is not possible here: {lift}")


def needs_engine(tier, engine):
    needs(tier)
    report = json.loads(weft("doctor", "--json", check=False).stdout)
    value, = [c["value"] for c in report["checks"] if c["name"] == "scheduling tiers"]
    if f"{tier}:{engine}" not in value:
        raise Skip(f"{tier}:{engine} is not possible here")


def record(directory, *argv, **options):
    return weft("record", "-o", directory, *argv, **options)


def threads_of(seen, name):
    """Threads that ran a program."""
    return {e.fields[side + "_tid"] for e in seen if e.name == "sched_switch"
            for side in ("prev", "next")
            if e.fields[side + "_tid"] and e.fields[side + "_comm"] == name}


def family_of(seen, pid):
    """A process's first thread and all that it started; others of its name may run meanwhile."""
    family = {pid}
    for event in seen:
        if event.name == "sched_process_fork" and event.fields["parent_tid"] in family:
            family.add(event.fields["child_tid"])
    return family


def check_counts(about):
    """What came to a CPU has left it, or was there at the end. Where the kernel hides threads from
    tracers, the recording must say so."""
    for cpu in about["kernel"]["cpus"]:
        assert cpu["in"] == cpu["out"] + cpu["running"] or about["kernel"]["holes"], about
        assert cpu["lost"] == 0, about
    assert sum(cpu["in"] for cpu in about["kernel"]["cpus"]) > ROUNDS, about


def check_threads(seen, tids):
    """Each thread leaves a CPU that it came to, in turns; returns its unknown wakers' share."""
    assert len(tids) >= 2, tids
    unknown = total = 0
    for tid in tids:
        running, woken = None, True
        for event in seen:
            if event.name == "sched_switch" and event.fields["next_tid"] == tid:
                assert running is None, (tid, event)
                running = event.cpu
                total += 1
                unknown += not woken
            elif event.name == "sched_switch" and event.fields["prev_tid"] == tid:
                assert running in (event.cpu, None), (tid, event)
                running, woken = None, event.fields["prev_state"] in (0, 256)
            elif event.name in ("sched_waking", "sched_wakeup_new") and \
                    event.fields["tid"] == tid:
                woken = True
    assert total >= ROUNDS, total
    return unknown / total


def check_tracepoints(directory, engine):
    done = record(directory, "--sched", f"tracepoints:{engine}", "--", "sh", "-c",
                  'echo $$; exec "$0" "$@"', SWITCH, "pingpong", ROUNDS)
    assert f"scheduling: tier tracepoints ({engine}), " in done.stderr, done.stderr
    about = description(directory)
    assert about["tier"] == "tracepoints" and about["kernel"]["engine"] == engine, about
    check_counts(about)
    seen = events(directory / "kernel")
    tids = family_of(seen, int(done.stdout.split()[0]))
    assert check_threads(seen, tids) <= 0.01
    names = collections.Counter(e.name for e in seen)
    assert names["lttng_statedump_start"] == 1 and names["lttng_statedump_end"] == 2, names
    assert names["lttng_statedump_process_state"] == names["lttng_statedump_process_pid_ns"], names
    forks = [e.fields for e in seen if e.name == "sched_process_fork"]
    assert {f["child_tid"] for f in forks} >= tids, (forks, tids)
    assert {e.fields["tid"] for e in seen if e.name == "sched_process_exit"} >= tids
    execs = [e.fields for e in seen if e.name == "sched_process_exec"
             and e.fields["tid"] in tids]
    assert [pathlib.Path(e["filename"]).name for e in execs] == ["sh", SWITCH.name], execs
    assert execs[1]["filename"] == str(SWITCH), execs
    own = [e for e in seen if e.name == "sched_waking" and e.fields["tid"] in tids
           and e.fields["waker_tid"] in tids]
    # A writer that is preempted at once finds the answer there: one wake-up a round trip is the least.
    assert len(own) >= 0.95 * ROUNDS and {e.fields["context"] for e in own} == {"task"}, len(own)
    return seen, tids


# ---- Each engine ----


def test_bpf_tells_everything(folder):
    needs_engine("tracepoints", "bpf")
    seen, tids = check_tracepoints(folder / "out", "bpf")
    blocked = [e.fields for e in seen if e.name == "sched_switch" and e.fields["prev_state"] == 1
               and e.fields["prev_tid"] in tids]
    reads = [b for b in blocked if b["prev_syscall"] == "read"]
    assert len(reads) >= 0.95 * ROUNDS, collections.Counter(b["prev_syscall"] for b in blocked)
    assert {b["prev_object"] for b in reads} == {"pipe"}, reads[0]
    assert 1 <= len({b["prev_arg"] for b in reads}) <= 2, "two pipes are read"


def test_perf_is_as_complete(folder):
    needs_engine("tracepoints", "perf")
    seen, _ = check_tracepoints(folder / "out", "perf")
    assert not any("prev_syscall" in e.fields for e in seen), "perf cannot tell that"


def test_switch_tells_own_threads_alone(folder):
    needs("switch")
    done = record(folder / "out", "--sched", "switch", "--", SWITCH, "pingpong", ROUNDS)
    assert "scheduling: tier switch (perf), " in done.stderr, done.stderr
    check_counts(description(folder / "out"))
    seen = events(folder / "out/kernel")
    assert not any(e.name == "sched_waking" for e in seen)
    tids = threads_of(seen, "bench-switch")
    switches = [e.fields for e in seen if e.name == "sched_switch"]
    assert all((s["prev_tid"] == 0) != (s["next_tid"] == 0) for s in switches), switches[0]
    others = [s for s in switches if (s["prev_tid"] or s["next_tid"]) not in tids]
    assert not others, others
    into = collections.Counter(s["next_tid"] for s in switches)
    away = collections.Counter(s["prev_tid"] for s in switches)
    assert all(into[tid] == away[tid] for tid in tids), (into, away)
    metadata = (folder / "out/kernel/metadata").read_text()
    assert 'weft_tier = "switch";' in metadata and 'domain = "kernel";' in metadata


def test_switch_attaches_to_a_running_process(folder):
    needs("switch")
    with started(COUNTED, "wait", folder / "ready", folder / "go", 10) as program:
        wait_for((folder / "ready").exists, "the program")
        record(folder / "out", "--sched", "switch", "--pid", program.pid, "-s", "0.5")
        seen = events(folder / "out/kernel")
    assert {e.fields["prev_tid"] or e.fields["next_tid"] for e in seen
            if e.name == "sched_switch"} >= {program.pid}


def test_system_calls_are_recorded_on_demand(folder):
    needs_engine("tracepoints", "bpf")
    record(folder / "out", "--syscalls", "--", SWITCH, "pingpong", ROUNDS)
    names = collections.Counter(e.name for e in events(folder / "out/kernel"))
    for name in ("syscall_entry_read", "syscall_exit_read", "syscall_entry_write",
                 "syscall_exit_write"):
        assert names[name] >= 2 * ROUNDS, names
    if "switch" in json.loads(weft("doctor", "--json", check=False).stdout)["tiers"]:
        done = record(folder / "other", "--syscalls", "--sched", "switch", "--", "true")
        assert "system calls are told by tracepoints:bpf only" in done.stderr, done.stderr


def test_both_halves_have_one_clock(folder):
    """Every event of the application lies where its thread was on that CPU."""
    needs_engine("tracepoints", "bpf")
    record(folder / "out", "--", COUNTED, "rounds", 4, 500)
    running, since = {}, collections.defaultdict(list)  # Of each CPU: thread, its events.
    inside, unknown, outside = 0, 0, []
    for event in events(folder / "out"):
        if event.name == "sched_switch":
            tid, told = running.get(event.cpu), since.pop(event.cpu, [])
            running[event.cpu] = event.fields["next_tid"]
            # Some kernels hide a few switches from tracers: then who leaves is not who came.
            if tid != event.fields["prev_tid"]:
                unknown += len(told)
            else:
                inside += sum(e.fields["tid"] == tid for e in told)
                outside += [e for e in told if e.fields["tid"] != tid]
        elif event.name.startswith("weft:"):
            since[event.cpu].append(event)
    assert inside >= 2000 and unknown < inside and not outside, (inside, unknown, outside[:3])


HANGING = """
import os, socket, threading
out, lock = os.pipe()[0], threading.Lock()
mine, other = socket.socketpair()
lock.acquire()
for wait in (lambda: os.read(out, 1), lambda: mine.recv(1), lambda: lock.acquire()):
    threading.Thread(target=wait, daemon=True).start()
print("waiting", flush=True)
threading.Event().wait()
"""


def test_a_program_that_hangs_says_where(folder):
    needs("switch")
    with started(sys.executable, "-c", HANGING, stdout=subprocess.PIPE) as program:
        program.stdout.readline()
        tasks = pathlib.Path(f"/proc/{program.pid}/task")
        wait_for(lambda: all("(sleeping)" in (task / "status").read_text()
                             for task in tasks.iterdir()), "all threads to sleep")
        for tier in ("tracepoints", "switch"):
            if tier not in json.loads(weft("doctor", "--json", check=False).stdout)["tiers"]:
                continue
            # Alone, it may be that not one thread runs in all the time.
            for scope in (["--all"], ["--pid", program.pid]):
                out = folder / f"{tier}{scope[0]}"
                record(out, "--sched", tier, *scope, "--seconds", "0.3")
                told = json.loads(weft("summary", "--json", "--pid", program.pid, out).stdout)
                reasons = sorted(row["scheduling"]["blocked"][0]["reason"]
                                 for row in told["threads"])
                assert told["duration_ns"] > 0.25e9, told["duration_ns"]
                assert reasons == ["network", "pipe", "sync: futex", "sync: futex"], told["threads"]
                weft("convert", out, "--pid", program.pid, "-o", folder / "x.trace")
                verified = weft("verify", "--strict", folder / "x.trace").stdout
                assert "goroutines 4" in verified, verified
        program.kill()


def test_programs_that_never_heard_of_weft(folder):
    needs("switch")
    done = record(folder / "out", "--", "sh", "-c", "sleep 0.05; exit 3", check=False)
    assert done.returncode == 3, done
    assert "scheduling alone is recorded" in done.stderr, done.stderr
    assert "sleep" in {e.fields.get("prev_comm") for e in events(folder / "out/kernel")}
    done = record(folder / "all", "--all", "-s", "0.5")
    assert "scheduling alone is recorded" in done.stderr, done.stderr
    assert any(e.name == "sched_switch" for e in events(folder / "all/kernel"))


# ---- Less than everything ----


def test_an_ordinary_user_gets_switch_and_is_told_why(folder):
    paranoid = int(pathlib.Path("/proc/sys/kernel/perf_event_paranoid").read_text())
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        home = pathlib.Path(name)
        become, environment = harness.become_nobody(home)
        done = run(*become, harness.WEFT, "record", "-o", home / "out", "--", SWITCH, "pingpong",
                   ROUNDS, env=environment)
        assert "CAP_BPF" in done.stderr and "CAP_PERFMON" in done.stderr, done.stderr
        about = description(home / "out")
        assert about["tier"] == ("switch" if paranoid <= 2 else "accounting"), about
        assert "CAP_PERFMON" in about["tier_refusal"], about
        if paranoid <= 2:
            assert sum(cpu["in"] for cpu in about["kernel"]["cpus"]) > ROUNDS, about
        forced = run(*become, harness.WEFT, "record", "--sched", "tracepoints", "-o",
                     home / "forced", "--", "true", env=environment, check=False)
        assert forced.returncode == 1 and "CAP_BPF" in forced.stderr, forced.stderr
        assert not (home / "forced").exists()


def test_a_daemon_without_kernel_tracer_is_named(folder):
    done = record(folder / "out", "--sched", "lttng-kernel", "--", "true", check=False)
    if done.returncode == 0:
        raise Skip("this machine has LTTng's kernel tracer")
    assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
    assert "tier 'lttng-kernel'" in done.stderr and "lttng-modules" in done.stderr, done.stderr
    assert not (folder / "out").exists()
    with harness.session_daemon():
        assert "lttng-kernel" not in json.loads(weft("doctor", "--json").stdout)["tiers"]
        record(folder / "auto", "--", COUNTED, "rounds", 1, 10)
        assert description(folder / "auto")["tier"] != "lttng-kernel"


def test_a_container_that_forbids_all_of_it_still_records(folder):
    done = run(REFUSE, harness.WEFT, "record", "-o", folder / "out", "--", COUNTED, "rounds", 2,
               50, check=False)
    if done.returncode == 77:
        raise Skip("seccomp is not available")
    assert done.returncode == 0 and "0 events lost" in done.stderr, done.stderr
    assert "scheduling: tier accounting" in done.stderr, done.stderr
    assert "seccomp" in done.stderr and "perf_event_open" in done.stderr, done.stderr
    assert description(folder / "out")["tier"] == "accounting"
    assert not (folder / "out/kernel").exists()
    forced = run(REFUSE, harness.WEFT, "record", "--sched", "switch", "-o", folder / "forced",
                 "--", "true", check=False)
    assert forced.returncode == 1 and forced.stderr.count("\n") == 1, forced.stderr
    assert not (folder / "forced").exists()
    report = run(REFUSE, harness.WEFT, "doctor", check=False).stdout
    assert "seccomp profile" in report, report


def test_a_killed_recorder_leaves_whole_packets(folder):
    needs("switch")
    with started(harness.WEFT, "record", "-q", "-o", folder / "out", "--all") as recorder, \
            started(SWITCH, "pingpong", 100000000, stdout=subprocess.DEVNULL):
        wait_for(lambda: sum(f.stat().st_size for f in (folder / "out/kernel").glob("channel*"))
                 > 1 << 20, "packets")
        recorder.send_signal(signal.SIGKILL)
        recorder.wait()
    # A packet is written before its place in the index: the last one may not have one.
    found = events(folder / "out/kernel", but="indexed size != stream file size")
    assert sum(e.name == "sched_switch" for e in found) > 10000
    weft("record", "-q", "-o", folder / "next", "--sched", "none", "--", COUNTED, "rounds", 1, 1)


def packets_of(stream):
    """What a stream's own packets say, as its index should."""
    data, found, offset = stream.read_bytes(), [], 0
    while offset < len(data):
        magic, _, stream_id, instance, begin_ns, end_ns, content, size, number, discarded, _ = \
            struct.unpack_from("=I16sIQQQQQQQI", data, offset)
        assert magic == 0xC1FC1FC1
        found.append((offset, size, content, begin_ns, end_ns, discarded, stream_id, instance,
                      number))
        offset += size // 8
    return found


def test_an_index_says_where_each_packet_is(folder):
    needs("switch")
    record(folder / "out", "--", SWITCH, "pingpong", 3000)
    for stream in [f for f in (folder / "out/kernel").iterdir()
                   if f.is_file() and f.name != "metadata"]:
        index = (folder / "out/kernel/index" / f"{stream.name}.idx").read_bytes()
        assert struct.unpack_from(">IIII", index) == (0xC1F1DCC1, 1, 1, 72)
        assert list(struct.iter_unpack(">9Q", index[16:])) == packets_of(stream), stream.name
    whole = run("babeltrace2", "--begin=0", folder / "out/kernel")
    assert "index" not in whole.stderr.lower(), whole.stderr
    # A recorder that was killed leaves one that is too short: the stream tells the rest.
    for index in (folder / "out/kernel/index").iterdir():
        index.write_bytes(index.read_bytes()[:-72])
    assert run("babeltrace2", folder / "out/kernel").stdout == whole.stdout
    assert run("babeltrace2", folder / "out/kernel").stderr
    assert weft("summary", folder / "out").stderr == ""


def test_a_full_disk_leaves_what_fits(folder):
    needs("switch")
    if os.geteuid() != 0:
        raise Skip("only root can mount a small disk")
    disk = folder / "disk"
    disk.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=48m", "weft-test", disk)
    try:
        done = record(disk / "out", "--", SWITCH, "pingpong", 300000, check=False)
        assert done.returncode == 1 and "disk" in done.stderr, done.stderr
        assert sum(e.name == "sched_switch" for e in events(disk / "out/kernel", "Tracer discarded")) > 10000
        assert description(disk / "out")["problem"], "weft.json says why it ended"
    finally:
        run("umount", disk)


harness.main()
