#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""weft record --callchains: programs that sleep at known places (programs/chains.c), whether they have
heard of Weft or not, by both engines; as `go tool pprof` and `go tool trace` show it.

Machines that run tests are shared: in a round the byte may be there before it is waited for, so that
most rounds are asked to be as drawn, not all.
"""

import json
import random
import re
import subprocess

import harness
from harness import BUILD, Skip, run, started, weft

CHAINS = BUILD / "tests/programs/test-chains"
TASKS = BUILD / "tests/programs/test-chains-tasks"
ROUNDS = 30
READING = ["f", "g", "play_round", "play", "main"]
LOCKING = ["h", "play_round", "play", "main"]


def record(directory, engine, *argv):
    done = weft("record", "--callchains", "--sched", f"tracepoints:{engine}", "-o", directory, *argv,
                check=False)
    if "cannot record scheduling with tier" in done.stderr:
        raise Skip(done.stderr.splitlines()[0])
    assert done.returncode == 0, done.stderr
    assert "call chains" not in done.stderr, done.stderr
    return directory


def profile(directory, kind, pprof=None):
    """Samples of a profile: (count, stack innermost first, labels), as -traces prints them."""
    out = directory.parent / f"{kind}.pb.gz"
    weft("convert", directory, "-o", out, "--to", f"pprof:{kind}")
    tool = [pprof] if pprof else [harness.WEFT, "pprof"]
    text = run(*tool, "-traces", "-sample_index=0", "-symbolize=none", out).stdout
    samples = []
    for block in text.split("-----------+")[1:]:
        labels = dict(re.findall(r"^ *(\w+):  (.*)$", block, re.MULTILINE))
        lines = re.findall(r"^ +(\d+)?   (\S.*)$", block.partition("\n")[2], re.MULTILINE)
        lines = [line for line in lines if not re.match(r"\w+:  ", line[1])]
        if lines:
            samples.append((int(lines[0][0]), [name for _, name in lines], labels))
    assert samples, text
    return samples


def is_within(names, stack):
    """Whether the names are in the stack, next to each other and in this order."""
    return any(stack[at:at + len(names)] == names for at in range(len(stack)))


def count(samples, names, **labels):
    return sum(number for number, stack, own in samples
               if is_within(names, stack) and labels.items() <= own.items())


def check_waits(samples, kind="off-cpu"):
    """Where programs/chains.c waits; in a round once in read and once at the mutex."""
    assert count(samples, READING) >= 0.8 * ROUNDS, (kind, samples)
    assert count(samples, LOCKING) >= 0.8 * ROUNDS, (kind, samples)
    assert count(samples, READING) <= ROUNDS + 3 and count(samples, LOCKING) <= ROUNDS + 3, samples
    for _, stack, _ in samples:
        assert "g" not in stack or is_within(READING, stack), stack
        assert "h" not in stack or is_within(LOCKING, stack), stack


def best_pprof():
    try:
        return harness.readers()[-1].pprof
    except Skip:
        return None


# ---- Each engine ----


def test_bpf_tells_where_a_program_waits(folder):
    out = record(folder / "out", "bpf", "--", CHAINS, ROUNDS)
    check_waits(profile(out, "off-cpu"))
    check_waits(profile(out, "off-cpu", best_pprof()))
    syscalls = profile(out, "syscall")
    assert all(stack[1] == "read" for _, stack, _ in syscalls if is_within(READING, stack)), syscalls
    check_waits(syscalls, "syscall")
    locks = profile(out, "block")
    assert count(locks, LOCKING) >= 0.8 * ROUNDS and count(locks, READING) == 0, locks
    assert all(stack[0] == "sync: futex" for _, stack, _ in locks if "h" in stack), locks
    # Who waits for a CPU has no place where it waits.
    assert count(profile(out, "sched"), ["g"]) == 0


def test_perf_tells_where_a_program_waits(folder):
    check_waits(profile(record(folder / "out", "perf", "--", CHAINS, ROUNDS), "off-cpu"))


def test_chains_stand_beside_tasks_and_regions(folder):
    for engine in ("bpf", "perf"):
        (folder / engine).mkdir()
        out = record(folder / engine / "out", engine, "--", TASKS, ROUNDS)
        samples = profile(out, "off-cpu")
        check_waits(samples)
        assert count(samples, READING, task="round", region="reading") >= 0.8 * ROUNDS, samples
        assert count(samples, LOCKING, task="round") >= 0.8 * ROUNDS, samples
        reading = next(stack for _, stack, own in samples if is_within(READING, stack)
                       and own.get("task") == "round")
        assert reading[-4] == "reading" and reading[-3] == "task round", reading


def test_programs_that_were_there_have_names(folder):
    with started(CHAINS, ROUNDS, "ready", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        program.stdout.readline()
        with started(harness.WEFT, "record", "--callchains", "--sched", "tracepoints", "-o",
                     folder / "out", "--pid", program.pid, stderr=subprocess.PIPE) as recorder:
            harness.wait_for(lambda: "[active]" in run("lttng", "list", check=False).stdout
                             or recorder.poll() is not None, "the recording to begin")
            if recorder.poll() is not None:
                raise Skip(recorder.stderr.read().decode())
            program.stdin.close()
            program.wait()
            recorder.send_signal(2)
            recorder.wait()
    check_waits(profile(folder / "out", "off-cpu"))


def test_a_forked_child_has_the_names_of_its_parent(folder):
    check_waits(profile(record(folder / "out", "bpf", "--", CHAINS, ROUNDS, "fork"), "off-cpu"))


def test_stacks_go_through_what_weft_run_puts_in_front(folder):
    """It even has the frame that the C library, built without frame pointers, lacks."""
    out = record(folder / "out", "bpf", "--", harness.WEFT, "run", "--profile", "mutex", "--", CHAINS,
                 ROUNDS)
    assert count(profile(out, "block"), ["take", *LOCKING]) >= 0.8 * ROUNDS


# ---- As others read it ----


def test_go_tool_trace_shows_where_threads_block(folder):
    out = record(folder / "out", "bpf", "--", TASKS, ROUNDS)
    trace = folder / "x.trace"
    weft("convert", out, "-o", trace)
    weft("verify", "--strict", trace)
    readers = harness.readers()
    for reader in readers:
        done = reader.parse(trace)
        assert done.returncode == 0, f"{reader}: {done.stderr[-2000:]}"
    for reader in (readers[0], readers[-1]):
        raw = subprocess.run([str(reader.tool), "-pprof=sync", str(trace)], capture_output=True,
                             check=True).stdout
        (folder / "sync.pb").write_bytes(raw)
        text = run(reader.pprof, "-traces", "-symbolize=none", folder / "sync.pb").stdout
        # The thread's name stays the outermost frame.
        blocks = [re.findall(r"^ +(?:[\d.]+\w+)?   (\S.*)$", block.partition("\n")[2], re.MULTILINE)
                  for block in text.split("-----------+")]
        stacks = [stack for stack in blocks if is_within(LOCKING, stack)]
        assert stacks and all(stack[-1] == "test-chains-tasks" for stack in stacks), text


def test_babeltrace_prints_them_as_of_lttng(folder):
    out = record(folder / "out", "bpf", "--", CHAINS, 2)
    done = run("babeltrace2", out / "kernel")
    assert re.search(r"sched_switch: \{ cpu_id = \d \}, \{ _callstack_user_length = [4-9], "
                     r"callstack_user = \[ \[0\] = 0x[0-9A-F]+, ", done.stdout), done.stdout[-2000:]
    maps = re.findall(r"lttng_statedump_vm_map: .*path = \"(.*?)\", build_id = \"(.*?)\"", done.stdout)
    assert any(path == str(CHAINS) and re.fullmatch("[0-9a-f]{40}", build_id)
               for path, build_id in maps), maps[-20:]
    # Neither preempted threads nor idle ones tell any.
    for line in done.stdout.splitlines():
        if "sched_switch:" in line and (" prev_tid = 0," in line or "prev_state = 0," in line
                                        or "prev_state = 256," in line):
            assert "_callstack_user_length = 0," in line, line


# ---- Less than everything ----


def test_who_cannot_tell_chains_says_so(folder):
    for tier in ("switch", "accounting"):
        done = weft("record", "--callchains", "--sched", tier, "-o", folder / tier, "--", TASKS, 1,
                    check=False)
        if "cannot record scheduling with tier" in done.stderr:
            continue  # Not even that.
        assert done.stderr.count("call chains are told by tier 'tracepoints' only") == 1, done.stderr
        told = json.loads((folder / tier / "weft.json").read_text())
        assert "call chains" in told["tier_refusal"], told


def test_damaged_chains_do_no_harm(folder):
    """Any byte of what the kernel told may be another one: what is written is accepted."""
    out = record(folder / "out", "bpf", "--", CHAINS, 5)
    streams = sorted((out / "kernel").glob("channel0_*")) + [out / "kernel/mappings_0"]
    whole = {stream: stream.read_bytes() for stream in streams}
    for seed in range(8):
        chance = random.Random(seed)
        for stream, content in whole.items():
            damaged = bytearray(content)
            for _ in range(1 + seed):
                # Not the packets' own headers, which babeltrace2 insists on.
                at = chance.randrange(len(damaged))
                if at % 4096 >= 128:
                    damaged[at] = chance.randrange(256)
            stream.write_bytes(damaged)
        done = weft("convert", out, "-o", folder / "x.trace", check=False)
        assert done.returncode == 0 or "cannot read the trace further" in done.stderr, done
        weft("verify", folder / "x.trace")
        done = weft("convert", out, "-o", folder / "x.pb.gz", "--to", "pprof:off-cpu", check=False)
        assert done.returncode == 0 or "cannot read the trace further" in done.stderr, done
    for stream, content in whole.items():
        stream.write_bytes(content)
    # Without mappings there are numbers, and stacks as deep.
    (out / "kernel/mappings_0").unlink()
    (out / "kernel/index/mappings_0.idx").unlink()
    stacks = [stack for _, stack, _ in profile(out, "off-cpu")]
    assert any(sum(bool(re.match("0x[0-9a-f]+$", name)) for name in stack) >= 5
               for stack in stacks), stacks


harness.main()
