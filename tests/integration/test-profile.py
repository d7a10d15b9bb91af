# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""Profiles that programs take of themselves, read by the real `go tool pprof`."""

import os
import re
import shutil
import subprocess

import harness
from harness import run, started, wait_for

PROFILED = harness.BUILD / "tests" / "programs" / "test-profiled"
STORM = harness.BUILD / "tests" / "programs" / "test-profiled-storm"
# Any library with dependencies, so that loading it takes a while.
LIBRARY = "libmicrohttpd.so.12"


def pprof(*argv):
    if not shutil.which("go"):
        raise harness.Skip("go is not installed (package golang-go)")
    return run("go", "tool", "pprof", *argv, env=dict(os.environ, HOME=os.environ["LTTNG_HOME"],
                                                      PPROF_TMPDIR=os.environ["LTTNG_HOME"]))


def profiled(*argv, **options):
    return run(PROFILED, *argv, **options).stdout


class Profile:
    """What `go tool pprof -raw` says of a file."""

    def __init__(self, path):
        text = pprof("-raw", path).stdout
        head, rest = text.split("Samples:\n")
        samples, rest = rest.split("Locations\n")
        self.comments = re.findall(r"^Comment: (.*)$", head, re.M)
        self.period = int(re.search(r"^Period: (\d+)$", head, re.M).group(1))
        self.types = samples.split("\n", 1)[0].replace("[dflt]", "").split()
        # [(values, [location], {label: value})]
        self.samples = []
        for line in samples.split("\n")[1:]:
            numbers = re.match(r"\s*(-?\d+(?:\s+-?\d+)*): ?([\d ]*)$", line)
            if numbers:
                self.samples.append(([int(n) for n in numbers.group(1).split()],
                                     [int(n) for n in numbers.group(2).split()], {}))
            elif ":[" in line:
                self.samples[-1][2].update(re.findall(r"(\w+):\[([^]]*)\]", line))
        self.locations = {int(number): line for number, line in
                          re.findall(r"^\s+(\d+): 0x[0-9a-f]+ M=\d+ (.*(?:\n {13}.*)*)",
                                     rest.split("Mappings\n")[0], re.M)}

    def total(self, column=-1, **labels):
        return sum(values[column] for values, _, found in self.samples
                   if all(found.get(key) == value for key, value in labels.items()))

    def share(self, function):
        """Part of the last column that has the function on its stack."""
        inside = sum(values[-1] for values, stack, _ in self.samples
                     if any(re.search(rf"\b{function}\b", self.locations.get(at, ""))
                            for at in stack))
        return inside / self.total()

    def comment(self, start):
        found = [comment for comment in self.comments if comment.startswith(start)]
        assert len(found) == 1, (start, self.comments)
        return found[0]


def test_the_empty_program_has_a_profile(folder):
    """Whatever else fails, files are valid."""
    profiled("rates", folder / "cpu")
    profile = Profile(folder / "cpu")
    assert profile.types == ["samples/count", "cpu/nanoseconds"]
    tick = re.match(r"rate: (\d+) Hz, the kernel's tick, instead of the 100000 asked for$",
                    profile.comment("rate:"))
    assert tick and int(tick.group(1)) in (100, 250, 300, 1000), profile.comments
    assert abs(profile.period - 1e9 / int(tick.group(1))) <= 1


def test_shares_and_weights_are_right(folder):
    """Two functions use 70 % and 30 % of each thread's CPU time: seen within 2 %, as is the sum."""
    # Sanitizers take part of the time for themselves; ThreadSanitizer holds signals back.
    tolerance = 0.02 if not harness.SANITIZED else 0.25
    # A thread that ends takes what the kernel's last tick has not seen with it: half a tick on average,
    # so threads must not be too short.
    # One and many threads; both rates; threads that were there before the profile, and not.
    for threads, seconds, hertz, early in ((1, 2, 250, 0), (1, 2, 100, 1), (8, 0.7, 100, 0),
                                           (64, 0.4, 250, 1)):
        used = float(profiled("split", folder / "cpu", threads, seconds, hertz, early))
        profile = Profile(folder / "cpu")
        total = profile.total() / 1e9
        case = (threads, hertz, early, used, total, profile.comments)
        # On a busy machine a thread may have turns, a tick each, without a tick: the last are lost, those
        # before it goes from one function to the other are charged to the other.
        turns = 0.008 / seconds
        assert -tolerance - turns <= total / used - 1 <= tolerance, case
        assert profile.comment("engine:").endswith("a timer on the CPU clock of each thread")
        if "thread" not in harness.SANITIZED:
            shares = profile.share("seventy"), profile.share("thirty")
            assert abs(shares[0] - 0.7) <= tolerance + turns, (shares, case)
            assert abs(shares[1] - 0.3) <= tolerance + turns, (shares, case)
            assert profile.share("work") >= 0.97 - tolerance, case


def test_other_engines_sample_as_well(folder):
    for name, words in (("process-timer", "ITIMER_PROF of the process"),
                        ("wall", "a thread that asks those whose CPU clock went on")):
        used = float(profiled("split", folder / "cpu", 2, 1.5, 100, 1,
                              env=dict(os.environ, WEFT_CPU_ENGINE=name)))
        profile = Profile(folder / "cpu")
        assert profile.comment("engine:").startswith(f"engine: {words}"), profile.comments
        # Both charge by the CPU's clock. What a thread used after it was last asked is lost with it:
        # as long as the one that asks has to wait for a CPU.
        least = 0.95 if name == "process-timer" else 0.85
        least, most = (least, 1.01) if not harness.SANITIZED else (0.75, 1.25)
        assert least <= profile.total() / 1e9 / used <= most, (name, used, profile.total())
        if "thread" not in harness.SANITIZED:
            assert abs(profile.share("seventy") - 0.7) < 0.15, name


def test_too_few_timers_are_no_loss(folder):
    """Each timer takes a place in the queue of signals, of which users have a limited number."""
    if not shutil.which("prlimit"):
        raise harness.Skip("prlimit is not installed (package util-linux)")
    for limit in (0, 4):
        out = run("prlimit", f"--sigpending={limit}", PROFILED, "split", folder / "cpu", 8, 0.25,
                  100, 1).stdout
        profile = Profile(folder / "cpu")
        assert "ITIMER_PROF" in profile.comment("engine:"), profile.comments
        error = 0.05 if not harness.SANITIZED else 0.25
        assert abs(profile.total() / 1e9 / float(out) - 1) <= error, (out, profile.total())


def test_every_report_of_the_real_tool(folder):
    """On a profile that a C program took of itself: functions, lines, callers, labels, differences."""
    for name, seconds in (("short", 0.2), ("long", 0.6)):
        profiled("split", folder / name, 1, seconds, 100, 1)
    profiled("labels", folder / "labels")
    long = folder / "long"
    assert re.search(r"^ +\S+ +\S+% .* seventy$", pprof("-top", long).stdout, re.M)
    # The tool cuts from paths what the folder that it runs in is called; ctest's is called like ours.
    lines = pprof("-list=^work$", "-trim_path=/nowhere", long).stdout
    assert re.search(r"^ROUTINE =+ work in .*/profiled\.c$", lines, re.M), lines
    assert re.search(r"^ +\. +\d+\S*s +\d+:.*seventy\(", lines, re.M), lines
    callers = pprof("-peek=^seventy$", long).stdout
    assert re.search(r"\| +work$(?:\n.*)*\n +\S+ +\S+% .*\| seventy$", callers, re.M), callers
    stacks = pprof("-traces", long).stdout
    # ThreadSanitizer's functions lie inside.
    assert re.search(r" spin \(inline\)\n +seventy\n +work$", stacks, re.M), stacks
    assert "who: Total" in pprof("-tags", folder / "labels").stdout
    for options, path, wanted in (
            (["-tagfocus=who=parent"], folder / "labels",
             Profile(folder / "labels").total(who="parent")),
            ([f"-base={folder / 'short'}"], long,
             Profile(long).total() - Profile(folder / "short").total())):
        text = pprof("-top", *options, path).stdout
        shown = re.search(r"accounting for ([\d.]+)(m?)s,", text)
        assert wanted > 0 and abs(float(shown.group(1)) * (1e6 if shown.group(2) else 1e9) - wanted) \
            <= wanted / 100, (text, wanted)
    if shutil.which("dot"):
        assert "<svg" in pprof("-svg", "-output", folder / "svg", long).stdout + (
            folder / "svg").read_text()


def test_labels_are_gos(folder):
    profiled("labels", folder / "cpu")
    profile = Profile(folder / "cpu")
    total = profile.total()
    parent = 0.5 if "thread" not in harness.SANITIZED else 0.25  # There no thread inherits.
    assert abs(profile.total(who="parent") / total - parent) < 0.1, profile.samples
    assert abs(profile.total(**{"in": "do"}) / total - 0.25) < 0.1
    assert "who: Total" in pprof("-tags", folder / "cpu").stdout


def test_threads_may_come_and_go(folder):
    threads = 10000 if not harness.SANITIZED else 1000
    out = profiled("churn", folder / "cpu", threads)
    rounds = [int(count) for count in re.findall(r"rounds (\d+)", out)]
    assert len(rounds) == 2 and sum(rounds) > 2, out
    assert Profile(folder / "cpu").total() > 0.2e9


def test_children_are_silent_until_they_start(folder):
    if "thread" in harness.SANITIZED:
        raise harness.Skip("ThreadSanitizer lets no child of a threaded program start threads")
    profiled("forks", folder / "parent", folder / "child")
    parent, child = Profile(folder / "parent"), Profile(folder / "child")
    assert parent.share("seventy") > 0.8 and parent.share("thirty") == 0, parent.locations
    assert child.share("thirty") > 0.8 and child.share("seventy") == 0, child.locations


def test_threads_that_block_the_signal_are_named(folder):
    profiled("blocked", folder / "cpu")
    comment = Profile(folder / "cpu").comment("not sampled: thread")
    found = re.match(r"not sampled: thread \d+ 'deaf' blocks SIGPROF and used ([\d.]+) s of CPU$",
                     comment)
    # ThreadSanitizer's threads are found by a scan only, five times a second.
    least = 0.45 if "thread" not in harness.SANITIZED else 0.2
    assert found and least < float(found.group(1)) < 0.7, comment


def test_a_programs_own_handler_stays(folder):
    assert "the program has a handler of its own for SIGPROF" in profiled("taken", folder / "cpu")
    assert (folder / "cpu").read_bytes() == b""


def test_sleepers_are_not_disturbed(folder):
    """Neither by CPU profiles nor by 160 questions for stacks, in the moment of falling asleep."""
    assert "interruptions 0\n" in profiled("sleepers", folder / "cpu", 0)
    if "thread" in harness.SANITIZED:
        return  # It delivers signals when it likes.
    assert "interruptions 0\n" in profiled("sleepers", folder / "cpu", 20)


def test_handlers_neither_allocate_nor_lock(folder):
    """Nor call the loader: whatever they interrupted, they cannot wait for it."""
    if harness.SANITIZED:
        raise harness.Skip("the sanitizer's own allocator and locks are in front")
    guard = dict(os.environ, LD_PRELOAD=str(PROFILED.parent / "libhandler-guard.so"))
    done = run(PROFILED, "labels", folder / "cpu", env=dict(guard, GUARD_TRIPS="1"), check=False)
    assert done.returncode == -9 and "malloc in a handler" in done.stderr, done
    for argv, least in ((("split", folder / "cpu", 4, 0.3, 1000, 1), 50),
                        (("labels", folder / "cpu"), 10), (("sleepers", folder / "cpu", 5), 10),
                        (("limited", folder / "stacks", 0), 0)):
        done = run(PROFILED, *argv, env=dict(guard, WEFT_BIN="/nonexistent"))
        handlers = re.search(r"^handlers: (\d+)$", done.stderr, re.M)
        # What ends by _exit() does not tell.
        assert least == 0 or int(handlers.group(1)) > least, (argv, done)
    # While it is traced as well, handlers emit events.
    done = run(harness.WEFT, "record", "-o", folder / "out", "--", "env",
               f"LD_PRELOAD={guard['LD_PRELOAD']}", PROFILED, "regions", folder / "cpu")
    assert "in a handler" not in done.stderr and Profile(folder / "cpu").total() > 0, done


def test_a_storm_does_no_harm(folder):
    """Exceptions, libraries, recursion, generated code, coroutines, small stacks at 1000 Hz."""
    if "thread" in harness.SANITIZED:
        raise harness.Skip("ThreadSanitizer does not follow swapcontext()")
    out = run(STORM, folder / "cpu", 6, LIBRARY).stdout
    assert out == "1 1 1 1 1 1 \n", out
    profile = Profile(folder / "cpu")
    assert profile.total() > 0
    if harness.SANITIZED:
        return
    # The unwinder finds main's side of each, but for recursion, of which the inner end is kept.
    assert profile.share("throws") > 0.01 and profile.share("small_stacks") >= 0
    assert profile.total(kind="recursion") > 0


def test_stacks_of_threads_are_grouped(folder):
    profiled("stacks", folder / "stacks", 0)
    profile = Profile(folder / "stacks")
    assert profile.types == ["goroutine/count"]
    if "thread" in harness.SANITIZED:
        return
    # pprof of Go 1.19 has no name for main, which the compiler puts into two places.
    by_function = {}
    for name in ("wait_for_lock", "wait_for_semaphore", "wait_asleep", "wait_busily"):
        found = [(values[0], labels) for values, stack, labels in profile.samples
                 if any(re.search(rf"\b{name}\b", profile.locations.get(at, "")) for at in stack)]
        by_function[name] = (sum(count for count, _ in found), found)
    counts = {name: count for name, (count, _) in by_function.items()}
    assert counts == {"wait_for_lock": 2, "wait_for_semaphore": 2, "wait_asleep": 1,
                      "wait_busily": 1}, (counts, profile.samples)
    assert by_function["wait_for_semaphore"][1] == [(2, {"job": "7", "quote": "a\"b"})]
    assert by_function["wait_asleep"][1] == [(1, {"job": "8"})], by_function
    assert len(by_function["wait_for_lock"][1]) == 1


def test_stacks_may_be_limited(folder):
    """What is left out is told."""
    profiled("limited", folder / "stacks", 2)
    profile = Profile(folder / "stacks")
    assert profile.total() == 2, profile.samples
    left_out = int(re.match(r"threads left out: (\d+), by the limit of 2$",
                            profile.comment("threads left out")).group(1))
    profiled("limited", folder / "stacks", 0)
    profile = Profile(folder / "stacks")
    assert profile.total() == 2 + left_out >= 6 and "left out" not in " ".join(profile.comments)


def symbolizer():
    """Skips where the command is too old to have it."""
    if run(harness.WEFT, "symbolize", "--help", check=False).returncode:
        raise harness.Skip("weft symbolize is not built")


def test_stacks_of_threads_read_as_gos(folder):
    symbolizer()
    profiled("stacks", folder / "stacks", 2)
    text = (folder / "stacks").read_text()
    threads = re.findall(r"^goroutine (\d+) \[([^\n]*)\]:\n((?:.+\n)*)", text, re.M)
    assert len({number for number, _, _ in threads}) == len(threads) >= 7, text
    states = {}
    for _, state, stack in threads:
        for name in ("wait_for_lock", "wait_for_semaphore", "wait_asleep", "wait_busily"):
            if re.search(rf"^{name}\(", stack, re.M):
                states.setdefault(name, []).append(state)
    if "thread" in harness.SANITIZED:
        return
    assert [state.split(" ")[0] for state in states["wait_for_lock"]] == ["sync.Mutex.Lock"] * 2
    assert all(state.startswith("semacquire") for state in states["wait_for_semaphore"]), states
    assert states["wait_asleep"][0].startswith("sleep") and "8" in states["wait_asleep"][0], states
    assert states["wait_busily"][0].startswith("running"), states
    assert "locker" in states["wait_for_lock"][0]
    profiled("stacks", folder / "stacks", 1)
    text = (folder / "stacks").read_text()
    assert re.match(r"goroutine profile: total \d+\n", text), text
    assert '# labels: {"job":"7", "quote":"a\\"b"}' in text, text


def test_own_profiles_keep_gos_rules(folder):
    profiled("custom", folder / "custom", 0)
    profile = Profile(folder / "custom")
    assert profile.types == ["example.org/resources/count"]
    assert sorted((values[0], len(stack) > 1) for values, stack, _ in profile.samples) == \
        [(1, False), (3, True)], profile.samples
    assert profile.share("weft_stack_skipped") == 0.25
    assert profile.share("take_resource") == 0.75
    symbolizer()
    profiled("custom", folder / "custom", 1)
    text = (folder / "custom").read_text()
    assert text.startswith("example.org/resources profile: total 4\n3 @ 0x"), text
    assert re.search(r"^#\t0x[0-9a-f]+\ttake_resource\+0x", text, re.M), text


def test_names_come_with_the_profile(folder):
    """By the helper; without it the addresses are still there for pprof to look up."""
    symbolizer()
    profiled("labels", folder / "cpu")
    assert (folder / "cpu").read_bytes()[:2] == b"\x1f\x8b"
    (folder / "elsewhere").mkdir()
    assert "labels" in pprof("-symbolize=none", "-top", "-cum", folder / "cpu").stdout
    profiled("labels", folder / "raw", env=dict(os.environ, WEFT_BIN="/nonexistent"))
    assert (folder / "raw").read_bytes()[:2] != b"\x1f\x8b"
    done = run(PROFILED, "stacks", folder / "text", 1, check=False,
               env=dict(os.environ, WEFT_BIN="/nonexistent"))
    assert done.returncode == 1 and "cannot write the profile 'goroutine'" in done.stdout, done


def test_profiles_are_served(folder):
    import json
    with started(PROFILED, "serve", folder / "ready", stdin=subprocess.PIPE) as program, \
            started(harness.WEFT, "serve", "--listen", "127.0.0.1:0", stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT, text=True) as server:
        wait_for((folder / "ready").exists, "the program")
        address = None
        while not address:
            line = server.stdout.readline()
            assert line, "weft serve ended"
            address = re.search(r"http://[\d.]+:\d+", line)
        base = f"{address.group(0)}/{program.pid}/debug/pprof/"
        found = {entry["name"]: entry for entry in
                 json.loads(harness.fetch(base + "?format=json"))["profiles"]}
        assert {"profile", "goroutine", "example.org/before", "example.org/after"} <= set(found)
        assert found["example.org/after"]["count"] == 1 and found["goroutine"]["count"] >= 2
        (folder / "cpu").write_bytes(harness.fetch_bytes(base + "profile?seconds=1"))
        if "thread" not in harness.SANITIZED:
            assert Profile(folder / "cpu").share("wait_busily") > 0.5
        (folder / "stacks").write_bytes(harness.fetch_bytes(base + "goroutine"))
        assert Profile(folder / "stacks").total() >= 2
        (folder / "after").write_bytes(harness.fetch_bytes(base + "example.org/after"))
        assert Profile(folder / "after").total() == 1


def test_samples_go_into_traces(folder):
    if "thread" in harness.SANITIZED:
        raise harness.Skip("ThreadSanitizer's threads run nothing of ours before their own code, so "
                           "LTTng-UST does not know them")
    if not shutil.which("babeltrace2"):
        raise harness.Skip("babeltrace2 is not installed (package babeltrace2)")
    used = harness.weft("record", "-o", folder / "out", "--", PROFILED, "split", folder / "cpu", 2,
                        1, 100, 1)
    assert used.returncode == 0
    text = run("babeltrace2", folder / "out" / "ust").stdout
    samples = re.findall(r"weft:cpu_sample:.* cpu_ns = (\d+), .*pcs_length = (\d+)", text)
    in_trace = sum(int(cpu_ns) for cpu_ns, _ in samples)
    in_profile = Profile(folder / "cpu").total()
    # Threads that began before the first session's state dump are known to LTTng-UST all the same.
    assert in_trace > 0.9 * in_profile > 0, (len(samples), in_trace, in_profile)
    if not harness.SANITIZED:
        assert sum(int(depth) for _, depth in samples) / len(samples) >= 3, samples[:5]
    check_profile_of_trace(folder, in_trace, int(len(samples)))
    check_go_trace_of_samples(folder, len(samples))


def check_profile_of_trace(folder, total_ns, count):
    harness.weft("convert", folder / "out", "-o", folder / "converted", "--to", "pprof:cpu")
    converted = Profile(folder / "converted")
    assert converted.types == ["samples/count", "cpu/nanoseconds"]
    assert converted.total() == total_ns and converted.total(0) == count
    # 70 to 30 is what the program does; inlined functions and callers are there.
    for function, share in (("seventy", 0.7), ("thirty", 0.3), ("spin", 1)):
        assert abs(converted.share(function) - share) < 0.05, (function, converted.share(function))
    assert {labels["process"] for _, _, labels in converted.samples} == {"test-profiled"}
    assert "File: test-profiled" in pprof("-top", folder / "converted").stdout
    # Time on a CPU, exact, is still to be had.
    harness.weft("convert", folder / "out", "-o", folder / "exact", "--to", "pprof:on-cpu")
    assert Profile(folder / "exact").types == ["intervals/count", "cpu/nanoseconds"]
    assert "CPU samples were taken" in harness.weft("summary", folder / "out").stdout


def check_go_trace_of_samples(folder, count):
    harness.weft("convert", folder / "out", "-o", folder / "trace")
    assert f"samples {count}\n" in harness.weft("verify", folder / "trace").stdout
    for reader in harness.readers():
        done = reader.parse(folder / "trace")
        assert done.returncode == 0, f"{reader}: {done.stderr}"


def test_samples_tell_task_and_region(folder):
    """While somebody records, that is: else there are no tasks."""
    harness.weft("record", "-o", folder / "out", "--", PROFILED, "regions", folder / "cpu")
    profile = Profile(folder / "cpu")
    shares = {name: profile.total(region=name) / profile.total() for name in ("outer", "inner")}
    assert all(abs(share - 1 / 3) < 0.1 for share in shares.values()), shares
    tasks = {(labels["task"], labels["task_id"]) for _, _, labels in profile.samples
             if "task" in labels or "task_id" in labels}
    (kind, number), = tasks
    assert kind == "request" and int(number) > 0, tasks
    harness.weft("convert", folder / "out", "-o", folder / "converted", "--to", "pprof:cpu")
    converted = Profile(folder / "converted")
    of_regions = {name: converted.total(region=name, task="request") / converted.total()
                  for name in shares}
    assert all(abs(share - 1 / 3) < 0.1 for share in of_regions.values()), of_regions
    assert "inner" in pprof("-tagfocus", "region=inner", "-tags", folder / "converted").stdout
    profiled("regions", folder / "cpu")
    assert not any("task" in labels or "region" in labels
                   for _, _, labels in Profile(folder / "cpu").samples)


harness.main()
