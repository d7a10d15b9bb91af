# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""Traces of the LTTng kernel tracer, written by ctf.py: read, converted, summarized; exact numbers.

The story of most tests, in microseconds; CPU 0 above, CPU 1 below, --- idle:

    0        100      200      300        500   550     700     900      1000
    client............|hog................client.|-----------------|client..|---
    ---------|server..........|-----------|store........|server...|---------

client (process 100) begins a request at 50, wakes server (process 200) at 100, is preempted by hog
from 200 to 500, sleeps at 550 for the answer, is woken at 850 and runs at 900. server asks store
(of its own process) at 280 and sleeps from 300; store is woken then, runs from 500 to 700 and
wakes server at 700, which answers at 850.
"""

import json
import os
import re
import struct

import ctf
import harness
import pprof_file

CLIENT, HOG, SERVER, STORE = 101, 102, 201, 202
NAMES = {CLIENT: "client", HOG: "hog", SERVER: "server", STORE: "store"}
PIDS = {CLIENT: 100, HOG: 102, SERVER: 200, STORE: 200}
TASK = 77


def tell_kernel(directory):
    with ctf.kernel(directory, 2) as trace:
        story = ctf.Schedule(trace, NAMES)
        # All four run once, so that they are asleep, not unknown, when the story begins.
        for cpu, thread in ((0, CLIENT), (0, HOG), (1, SERVER), (1, STORE)):
            story.switch(0, cpu, thread)
        story.switch(0, 1, 0)
        story.wake(0, 0, CLIENT, 0)
        story.switch(0, 0, CLIENT, "yield")  # hog can run on, and waits.
        story.wake(100, 0, SERVER, 1)
        story.switch(100, 1, SERVER)
        story.switch(200, 0, HOG, "preempted")
        story.wake(280, 1, STORE, 1)
        story.switch(300, 1, 0)
        story.switch(500, 1, STORE)
        story.switch(500, 0, CLIENT, "preempted")
        story.switch(550, 0, HOG)
        story.wake(700, 1, SERVER, 1)
        story.switch(700, 1, SERVER)
        story.wake(850, 1, CLIENT, 0)
        story.switch(900, 0, CLIENT, "preempted")
        story.switch(900, 1, 0)
        story.switch(1000, 0, 0)


def tell_weft(directory):
    """The same run as the programs see it."""
    with ctf.ust(directory, 2) as trace:
        def tell(us, cpu, name, tid, /, **values):
            trace.event(us * 1000, cpu, f"weft:{name}", pid=PIDS[tid], tid=tid, **values)

        tell(50, 0, "task_begin", CLIENT, task=TASK, parent=0, type="request", ip=0)
        tell(60, 0, "region_begin", CLIENT, task=TASK, seq=1, name="send", ip=0)
        tell(110, 1, "region_begin", SERVER, task=TASK, seq=1, name="serve", ip=0)
        tell(520, 0, "region_end", CLIENT, task=TASK, seq=1, name="send", error="")
        tell(860, 1, "region_end", SERVER, task=TASK, seq=1, name="serve", error="")
        tell(950, 0, "task_end", CLIENT, task=TASK, type="request", error="")


def summary(*argv):
    return json.loads(harness.weft("summary", "--json", *argv).stdout)


def threads_of(told):
    return {row["name"]: row for row in told["threads"]}


def us(ns):
    assert ns % 1000 == 0, ns
    return ns // 1000


def test_babeltrace_reads_what_was_written(folder):
    tell_kernel(folder / "kernel")
    lines = harness.run("babeltrace2", folder / "kernel").stdout.splitlines()
    assert len(lines) == 21, lines
    assert 'prev_comm = "hog", prev_tid = 102, prev_prio = 20, prev_state = 256, ' \
        'next_comm = "client", next_tid = 101' in "\n".join(lines)


def test_states_of_threads_are_exact_and_add_up(folder):
    tell_kernel(folder / "kernel")
    told = summary(folder / "kernel")
    assert told["has_scheduling"] and told["tier"] == "lttng-kernel"
    assert told["lost_events"] == 0 and told["duration_ns"] == 1_000_000
    threads = threads_of(told)
    expected = {"client": (350, 350, 300), "hog": (650, 350, 0), "server": (400, 0, 600),
                "store": (200, 220, 580)}
    # Run: 0-200, 500-550, 900-1000. Waits: 200-500, 850-900. Asleep: 550-850. And so on.
    for name, (run, wait, blocked) in expected.items():
        scheduling = threads[name]["scheduling"]
        states = (us(scheduling["run_ns"]), us(scheduling["run_wait_ns"]),
                  us(sum(row["ns"] for row in scheduling["blocked"])))
        assert states == (run, wait, blocked), f"{name}: {states}, not {(run, wait, blocked)}"
        assert sum(states) == 1000, name


def test_events_far_apart_keep_their_time(folder):
    """Beyond 2^27 ns a compact header's time wraps: LTTng writes the long one."""
    with ctf.kernel(folder / "kernel", 1) as trace:
        story = ctf.Schedule(trace, NAMES)
        story.switch(0, 0, CLIENT)
        story.switch(1_000_000, 0, 0)
        story.switch(1_000_010, 0, CLIENT)
        story.switch(4_000_000, 0, 0)
    told = summary(folder / "kernel")
    assert told["duration_ns"] == 4_000_000_000
    assert us(threads_of(told)["client"]["scheduling"]["run_ns"]) == 3_999_990


def test_lost_events_are_told(folder):
    with ctf.kernel(folder / "kernel", 1) as trace:
        story = ctf.Schedule(trace, NAMES)
        for number in range(2000):
            story.switch(10 * number, 0, CLIENT if number % 2 == 0 else 0)
            if number in (500, 1500):
                trace.lose(0, 7)
    told = summary(folder / "kernel")
    assert told["lost_events"] == 14, told["lost_events"]


def test_fork_and_exit_are_a_thread_life(folder):
    with ctf.kernel(folder / "kernel", 1) as trace:
        story = ctf.Schedule(trace, {**NAMES, 150: "client"})
        story.switch(0, 0, CLIENT)
        story.fork(100, 0, 150, CLIENT, CLIENT)
        story.switch(300, 0, 150)
        story.exit(400, 0)
        story.switch(450, 0, CLIENT, "dead")
        story.switch(500, 0, 0)
    threads = {row["tid"]: row for row in summary(folder / "kernel")["threads"]}
    child = threads[150]
    assert (us(child["first_ns"]), us(child["last_ns"])) == (100, 450), child
    assert us(child["scheduling"]["run_ns"]) == 150
    assert us(child["scheduling"]["run_wait_ns"]) == 200


def test_the_critical_path_crosses_threads_and_processes(folder):
    tell_kernel(folder / "kernel")
    tell_weft(folder / "ust")
    path = summary(folder, "--task", "request")["critical_path"]
    assert us(path["duration_ns"]) == 900 and path["has_scheduling"] and path["complete"]
    at = 0
    told = []
    for segment in path["segments"]:
        assert us(segment["begin_ns"]) == at
        at += us(segment["duration_ns"])
        told.append((us(segment["duration_ns"]), segment["thread"]["name"], segment["state"],
                     segment["depth"], "/".join(segment["regions"])))
    assert told == [
        (10, "client", "on CPU", 0, ""),
        (140, "client", "on CPU", 0, "send"),
        (300, "client", "runnable", 0, "send"),
        (20, "client", "on CPU", 0, "send"),
        (30, "client", "on CPU", 0, ""),
        # Asleep for the answer: server was asleep itself until store had answered.
        (150, "store", "on CPU", 2, ""),
        (150, "server", "on CPU", 1, "serve"),
        (50, "client", "runnable", 0, ""),
        (50, "client", "on CPU", 0, ""),
    ], told
    assert at == 900
    assert path["segments"][2]["behind"]["name"] == "hog"
    assert path["segments"][7]["behind"]["name"] == "hog"
    waits = [(us(row["begin_ns"]), us(row["duration_ns"]), row["thread"]["name"],
              row["waker"]["name"], row["depth"]) for row in path["waits"]]
    assert waits == [(500, 300, "client", "server", 0), (500, 150, "server", "store", 1)], waits
    assert path["waits"][1]["thread"]["pid"] == 200
    text = harness.weft("summary", folder, "--task", "request").stdout
    assert "runnable: preempted, behind hog (102)" in text, text


def test_all_of_it_converts(folder):
    tell_kernel(folder / "kernel")
    tell_weft(folder / "ust")
    trace = folder / "x.trace"
    harness.weft("convert", folder, "-o", trace)
    harness.weft("verify", "--strict", trace)
    try:
        readers = harness.readers()
    except harness.Skip:
        readers = []
    for reader in readers:
        done = reader.parse(trace)
        assert done.returncode == 0, f"{reader}: {done.stderr[-2000:]}"


def dump(trace, at_us, tid, pid, status, ppid=1):
    trace.event(at_us * 1000, 0, "lttng_statedump_process_state", tid=tid, vtid=tid, pid=pid,
                vpid=pid, ppid=ppid, vppid=ppid, name=NAMES.get(tid, "kthread"), type=0, mode=1,
                submode=0, status=status, ns_level=0, ns_inum=4026531836, cpu=0)


def test_who_sleeps_all_along_is_there(folder):
    wait, run, kthreadd = 5, 6, 2
    with ctf.kernel(folder / "kernel", 1) as trace:
        story = ctf.Schedule(trace, NAMES)
        story.switch(0, 0, CLIENT)
        dump(trace, 10, CLIENT, PIDS[CLIENT], run)
        dump(trace, 20, SERVER, PIDS[SERVER], wait)
        dump(trace, 30, STORE, PIDS[STORE], wait)
        dump(trace, 40, 60, 60, wait, kthreadd)  # One of the kernel's, without work.
        story.wake(520, 0, STORE, 0)
        story.switch(600, 0, STORE)
        story.switch(1020, 0, 0)
    told = threads_of(summary(folder))
    assert set(told) == {"client", "server", "store"}, told
    server, store = told["server"], told["store"]
    assert (server["first_ns"], server["last_ns"]) == (20_000, 1_020_000), server
    assert server["scheduling"]["blocked"] == [{"reason": "blocked", "count": 1, "ns": 1_000_000}]
    assert store["scheduling"]["blocked"][0]["ns"] == 490_000, store
    assert (store["scheduling"]["run_wait_ns"], store["scheduling"]["run_ns"]) == (80_000, 420_000)
    assert store["scheduling"]["woken_by"] == [{"name": "client", "count": 1}], store
    # The time from 700 us on begins for the output when store leaves: the others are asleep then.
    for selection, count in (((), 3), (("--rows", "thread"), 3), (("--pid", PIDS[SERVER]), 2),
                             (("--from", "700us"), 2)):
        harness.weft("convert", folder, "-o", folder / "x.trace", *selection)
        found = harness.weft("verify", "--strict", folder / "x.trace").stdout
        assert f"goroutines {count}," in found, (selection, found)


def time_in_calls(reader, trace, thread):
    """How long the thread was in system calls, as the reader sees it, in ns."""
    total, began = 0, None
    for line in reader.parse(trace).stdout.splitlines():
        found = re.search(rf"Time=(\d+) .*GoID={thread} (\w+)->(\w+)", line)
        if found and found[3] == "Syscall" and found[2] != "Syscall":
            began = int(found[1])
        elif found and found[2] == "Syscall" and found[3] != "Syscall":
            total += int(found[1]) - began
    return total


def test_a_system_call_lasts_over_generations(folder):
    with ctf.kernel(folder / "kernel", 2) as trace:
        story = ctf.Schedule(trace, NAMES)
        story.switch(0, 0, CLIENT)
        trace.event(1_000_000, 0, "syscall_entry_read", fd=3, count=1)
        for second in range(1, 7):  # What else happens ends generations.
            story.switch(second * 1_000_000 // 2, 1, HOG if second % 2 else 0)
        trace.event(3_500_000_000, 0, "syscall_exit_read", ret=1, buf=0)
        story.switch(4_000_000, 0, 0)
    harness.weft("convert", folder, "-o", folder / "x.trace")
    harness.weft("verify", "--strict", folder / "x.trace")
    # Older readers print no transitions.
    readers = [reader for reader in harness.readers() if reader.version not in ("1.22", "1.23")]
    if not readers:
        raise harness.Skip("no reader is there that prints what it read (Go 1.24 or later)")
    for reader in readers:
        told = time_in_calls(reader, folder / "x.trace", CLIENT)
        assert abs(told - 3_499_000_000) < 1_000, f"{reader}: {told}"


def test_call_stacks_of_lttng_are_read(folder):
    """Names come from what the program announced; LTTng's own mappings have no path."""
    program = harness.BUILD / "tests/programs/test-chains"
    symbols = {name: int(address, 16) for address, name in re.findall(
        r"^([0-9a-f]+) [tT] (f|g|main)$", harness.run("nm", program).stdout, re.MULTILINE)}
    base = 0x5500_0000_0000
    chain = [base + symbols[name] + 1 for name in ("f", "g", "main")]
    with ctf.kernel(folder / "kernel", 1, callstacks=True) as trace:
        trace.event(0, 0, "lttng_statedump_vm_map", pid=PIDS[CLIENT], start=base, end=base + 8192,
                    flags=5, inode=7, pgoff=0)
        dump(trace, 0, CLIENT, PIDS[CLIENT], 6)
        dump(trace, 0, SERVER, PIDS[SERVER], 6)
        story = ctf.Schedule(trace, NAMES)
        story.switch(10, 0, CLIENT)
        story.switch(100, 0, SERVER, chain=chain)
        story.switch(150, 0, 0, chain=[0x1234, 0x5678])
        story.wake(400, 0, CLIENT, 0)
        story.switch(400, 0, CLIENT)
        story.switch(500, 0, SERVER, "preempted", chain=chain)  # LTTng tells it of all.
        story.switch(600, 0, 0)  # Nothing but the end of a chain.
    with ctf.ust(folder / "ust", 1) as trace:
        trace.event(5_000, 0, "weft:object", pid=PIDS[CLIENT], tid=CLIENT, base=base, start=base,
                    end=base + (1 << 20), path=str(program), build_id="")
    harness.weft("convert", folder, "-o", folder / "x.pb.gz", "--to", "pprof:off-cpu")
    told = {tuple(line[0]["name"] for location in sample["stack"] for line in location["lines"]):
            us(sample["values"][1])
            for sample in pprof_file.decode((folder / "x.pb.gz").read_bytes())["samples"]}
    of_client, of_server = ("client", "[unknown process]"), ("server", "[unknown process]")
    assert told.get(("blocked", "f", "g", "main", *of_client)) == 300, told
    assert told.get(("blocked", "0x1234", "0x5678", *of_server)) == 350, told
    assert told.get(("run queue: preempted", *of_client)) == 100, told
    harness.weft("convert", folder, "-o", folder / "x.trace")
    harness.weft("verify", "--strict", folder / "x.trace")


def test_a_damaged_call_stack_takes_no_more_than_memory(folder):
    """babeltrace2 makes room for as many addresses as its length says, before it looks for them."""
    if harness.SANITIZED:
        raise harness.Skip("a sanitizer has allocation functions of its own")
    with ctf.kernel(folder / "kernel", 1, callstacks=True) as trace:
        story = ctf.Schedule(trace, NAMES)
        for number in range(20):
            story.switch(10 * number, 0, CLIENT if number % 2 == 0 else 0, chain=[0x1234, 0x5678])
    stream = folder / "kernel" / "channel0_0"
    content = stream.read_bytes()
    chain = struct.pack("<IQQ", 3, 0x1234, 0x5678)
    assert content.count(chain) == 20
    stream.write_bytes(content.replace(chain, struct.pack("<IQQ", 0x7FFFFFFF, 0x1234, 0x5678), 1))
    # So that a test does not take 4 GiB, which is the limit.
    limit = ("sh", "-c", 'ulimit -d 1000000; exec "$@"', "sh", harness.WEFT)
    for words in (("summary", folder), ("convert", folder, "-o", folder / "x.trace"),
                  ("pprof", "-top", folder)):
        done = harness.run(*limit, *words, check=False)
        assert done.returncode == 1, done
        last = done.stderr.splitlines()[-1]
        assert re.match(rf"weft {words[0]}: cannot read the trace: .* more memory than there is", last), done
    assert not list(folder.glob("*.trace*")), "nothing is left of what could not be written"


def test_a_cut_kernel_stream_is_read_up_to_the_cut(folder):
    with ctf.kernel(folder / "kernel", 1) as trace:
        story = ctf.Schedule(trace, NAMES)
        for number in range(2000):
            story.switch(10 * number, 0, CLIENT if number % 2 == 0 else 0)
    stream = folder / "kernel" / "channel0_0"
    os.truncate(stream, stream.stat().st_size - 100)
    # Its whole part is copied to TMPDIR, which is on the same file system or on another.
    for place in (folder, "/dev/shm"):
        done = harness.weft("summary", "--json", folder / "kernel", check=False,
                            env=dict(os.environ, TMPDIR=str(place)))
        assert done.returncode == 1 and "cut short" in done.stderr, done.stderr
        assert 1900 < json.loads(done.stdout)["events"] < 2000


harness.main()
