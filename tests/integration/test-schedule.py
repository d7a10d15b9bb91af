# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""Real schedules whose truth is known: by construction of programs/schedule.c, from the kernel's
own accounts of the same threads (schedstat, getrusage), and from `perf sched timehist`.

Machines that run tests are shared, so rounds may be disturbed by other programs: counts come with
the kernel's own count of the same run, and what a round looks like is asked of most rounds.
"""

import functools
import gzip
import json
import re
import shutil
import signal
import statistics
import subprocess
import time

import harness

SCHEDULE = harness.BUILD / "tests" / "programs" / "test-schedule"
TOLERANCE_NS = 50_000
SCENES = {"pingpong": 100, "mutex": 10, "hogs": 500, "sleep": 30, "epoll": 30, "chain": 10}


class Actor:
    """A thread, by its own account (what schedule.c prints)."""

    def __init__(self, line):
        self.name, *numbers = line.split()
        (self.tid, self.wall_ns, self.cpu_ns, self.run_ns, self.wait_ns, self.voluntary,
         self.involuntary) = map(int, numbers)


def play(folder, scene, source="tracepoints", *options):
    """Records a scene; returns its actors by name, the summary, and what the recorder said."""
    done = harness.weft("record", "--sched", source, *options, "-o", folder / "recording", "--",
                        SCHEDULE, scene, SCENES[scene], check=False)
    if "cannot record scheduling with tier" in done.stderr or "has the tiers" in done.stderr:
        raise harness.Skip(done.stderr.splitlines()[0])
    assert done.returncode == 0, done.stderr
    actors = [Actor(line) for line in done.stdout.splitlines()]
    return {actor.name: actor for actor in actors}, summary(folder), done.stderr


def summary(folder, *argv):
    return json.loads(harness.weft("summary", "--json", folder / "recording", *argv).stdout)


def rounds(folder):
    """Critical paths of the tasks: ten of them, evenly spread."""
    count = summary(folder, "--task", "round")["critical_path"]["candidates"]
    step = (count + 9) // 10
    # There are no other tasks, so ids count the rounds.
    paths = [summary(folder, "--task", "round", "--id", str(number))["critical_path"]
             for number in range(1 + step // 2, count + 1, step)]
    for path in paths:
        at = 0
        for segment in path["segments"]:
            assert segment["begin_ns"] == at and segment["duration_ns"] > 0, segment
            at += segment["duration_ns"]
        assert at == path["duration_ns"], "segments are the task's time"
    return paths


def lives(told, actor):
    """Rows of a thread."""
    found = [row for row in told["threads"] if row["tid"] == actor.tid]
    assert found, f"{actor.name} is not in the summary"
    return found


def total(rows, member):
    return sum(row["scheduling"][member] for row in rows)


def blocked(rows, member):
    return sum(reason[member] for row in rows for reason in row["scheduling"]["blocked"])


def is_near(value_ns, expected_ns, share=0.05):
    return abs(value_ns - expected_ns) <= max(TOLERANCE_NS, share * expected_ns)


def most(holds, items):
    """Whether it holds for at least nine in ten."""
    good = [item for item in items if holds(item)]
    return len(good) * 10 >= len(items) * 9


def on_cpu(path, actor):
    return sum(segment["duration_ns"] for segment in path["segments"]
               if segment["thread"]["tid"] == actor.tid and segment["state"] == "on CPU")


def waits(path):
    """(who, woken by whom) of each wait that another thread ended, outermost first."""
    return [(wait["thread"]["tid"], wait["waker"]["tid"])
            for wait in sorted(path["waits"], key=lambda wait: wait["depth"])]


def check_accounts(actors, told):
    """States add up to the thread's time, and agree with what the kernel counted.

    What a sleeping CPU needs to hear of a wake-up (15 us in a virtual machine) lies before the
    switch, hence is a wait for a CPU here; the kernel counts it as running, for the waker advances
    the clock of the sleeping CPU's queue.
    """
    for actor in actors.values():
        rows = lives(told, actor)
        for row in rows:
            states = total([row], "run_ns") + total([row], "run_wait_ns") + blocked([row], "ns")
            assert states == row["last_ns"] - row["first_ns"], f"{actor.name}: {row}"
        count = blocked(rows, "count")
        assert abs(count - actor.voluntary) <= 1, \
            f"{actor.name}: blocked {count} times, by getrusage {actor.voluntary}"
        starts = actor.voluntary + 1
        run_ns, wait_ns = total(rows, "run_ns"), total(rows, "run_wait_ns")
        # The thread's end comes after its own account: one tolerance more.
        near_ns = max(TOLERANCE_NS, 0.02 * actor.cpu_ns)
        assert run_ns - actor.cpu_ns <= near_ns + TOLERANCE_NS, \
            f"{actor.name}: ran {run_ns} ns, by getrusage {actor.cpu_ns} ns, {starts} starts"
        # That no run is missing shows with the waits: the kernel's running may be our waiting.
        both_ns = run_ns + wait_ns - actor.cpu_ns - actor.wait_ns
        assert -near_ns <= both_ns <= near_ns + TOLERANCE_NS + 40_000 * starts, \
            f"{actor.name}: ran {run_ns} and waited {wait_ns} ns, by the kernel " \
            f"{actor.cpu_ns} and {actor.wait_ns} ns, {starts} starts"


def check_scene(folder, scene, check, source="tracepoints"):
    """Plays it, and again where check(actors, told) fails and some of it was not to be seen.

    Some kernels hide a few switches, at times one of ours; the recorder says so.
    """
    for attempt in range(3):
        place = folder / f"{source.replace(':', '-')}-{scene}-{attempt}"
        place.mkdir()
        actors, told, log = play(place, scene, source)
        assert told["has_scheduling"] and told["lost_events"] == 0
        try:
            check(actors, told)
            break
        except AssertionError as failure:
            if attempt == 2 or "events are missing" not in log:
                raise AssertionError(f"{source}, {scene}: {failure}: {log}") from None


def test_threads_agree_with_the_kernels_accounts(folder):
    for scene in SCENES:
        check_scene(folder, scene, check_accounts)


def check_running(actors, told, knows_wakers):
    """Time on a CPU and the number of waits: what every source knows.

    What the kernel counts as running while a CPU wakes up (see check_accounts) is a wait here, where
    wake-ups are known, but for the begin of the interrupt that wakes; else it is sleep, and as long as a
    busy machine lets it be.
    """
    for actor in actors.values():
        rows = lives(told, actor)
        count = blocked(rows, "count")
        assert abs(count - actor.voluntary) <= 1, \
            f"{actor.name}: blocked {count} times, by getrusage {actor.voluntary}"
        ran, waited = total(rows, "run_ns"), total(rows, "run_wait_ns")
        near_ns = max(TOLERANCE_NS, 0.02 * actor.cpu_ns)
        asleep_ns = (10_000 if knows_wakers else 100_000) * (count + 1)
        assert ran - actor.cpu_ns <= near_ns + TOLERANCE_NS and \
            ran + waited + asleep_ns >= actor.cpu_ns - near_ns, \
            f"{actor.name}: ran {ran} ns, waited {waited} ns, by getrusage {actor.cpu_ns} ns"


def test_the_other_sources_agree_with_the_kernels_accounts(folder):
    for source in ("tracepoints:perf", "switch"):
        for scene in SCENES:
            check_scene(folder, scene, functools.partial(
                check_running, knows_wakers=source.startswith("tracepoints")), source)


def test_pingpong_sleeps_once_a_round_and_is_woken_by_the_other(folder):
    actors, told, _ = play(folder, "pingpong")
    count = SCENES["pingpong"]
    ping, pong = actors["ping"], actors["pong"]
    for actor in (ping, pong):
        slept = blocked(lives(told, actor), "count")
        # A few more at the thread's start, where libraries take locks.
        assert count * 0.95 <= slept <= count * 1.05, f"{actor.name}: {slept}"
    paths = rounds(folder)
    assert most(lambda path: waits(path)[:1] == [(ping.tid, pong.tid)], paths)
    assert most(lambda path: is_near(on_cpu(path, pong), 500_000), paths)
    assert most(lambda path: is_near(on_cpu(path, ping), 500_000), paths)


# Scene → who waits for what, and whose doing it is that the wait ends.
TRUTH = {
    "pingpong": {"ping": ("pipe", "pong"), "pong": ("pipe", "ping")},
    "mutex": {"waiter": ("sync: futex", "owner")},
    "sleep": {"sleeper": ("sleep", "[interrupt]")},
    "epoll": {"poller": ("network", "sender")},
}


def check_waits(actors, told, scene):
    for name, (reason, waker) in TRUTH[scene].items():
        for table, key, value in (("blocked", "reason", reason), ("woken_by", "name", waker)):
            counts = {}
            for row in lives(told, actors[name]):
                for item in row["scheduling"][table]:
                    counts[item[key]] = counts.get(item[key], 0) + item["count"]
            # Each round once; what else there is (a sleep between rounds) is the scene's.
            assert 0.9 * SCENES[scene] <= counts.get(value, 0) <= 1.2 * SCENES[scene] + 3, \
                f"{name}: {counts}, expected {value}"


def test_waits_have_their_reason_and_their_waker(folder):
    for scene in TRUTH:
        check_scene(folder, scene, functools.partial(check_waits, scene=scene))


def test_threads_of_a_container_are_the_kernels(folder):
    """Ids inside a PID namespace and those of the kernel's half are brought together."""
    recording = folder / "recording"
    recorder = subprocess.Popen([harness.WEFT, "record", "--sched", "tracepoints", "--all", "-o",
                                 recording], stderr=subprocess.PIPE, text=True)
    try:
        harness.wait_for(lambda: (recording / "kernel" / "metadata").exists() or
                         recorder.poll() is not None, "the recorder")
        if recorder.poll() is None:
            time.sleep(0.5)  # Until the daemon lets programs in; nothing depends on it if longer.
            done = harness.run("unshare", "--pid", "--fork", "--mount-proc", SCHEDULE, "pingpong",
                               SCENES["pingpong"], check=False)
    finally:
        recorder.send_signal(signal.SIGINT)
        said = recorder.communicate(timeout=harness.PATIENCE_S)[1]
    if "cannot record scheduling with tier" in said:
        raise harness.Skip(said.splitlines()[0])
    if done.returncode:
        raise harness.Skip(f"no PID namespace: {done.stderr}")
    inside = {actor.name: actor for actor in map(Actor, done.stdout.splitlines())}
    told = summary(folder)
    rows = [row for row in told["threads"] if row["name"] == "ping" and row["tasks"]]
    assert len(rows) == 1, rows
    assert rows[0]["tid"] != inside["ping"].tid and rows[0]["tasks"] == SCENES["pingpong"], rows
    assert is_near(rows[0]["scheduling"]["run_ns"], inside["ping"].cpu_ns), rows


def test_the_viewers_profiles_show_who_waited(folder):
    shown = {"mutex": ("/block?raw=1", "waiter"), "epoll": ("/io?raw=1", "poller"),
             "hogs": ("/sched?raw=1", "hog-a"),
             "sleep": ("/syscall?raw=1", "sleeper: clock_nanosleep")}
    readers = [reader for reader in harness.readers() if int(reader.version[2:]) >= 26]
    if not readers:
        raise harness.Skip("no go tool trace of 1.26 or later: older ones spoil these profiles")
    for scene, (page, name) in shown.items():
        place = folder / scene
        place.mkdir()
        # Calls are slices only where they were recorded.
        play(place, scene, "tracepoints", *(["--syscalls"] if "syscall" in page else []))
        trace = place / "x.trace"
        harness.weft("convert", place / "recording", "-o", trace, "-q")
        for reader in readers:
            with reader.serve(trace) as address:
                profile = gzip.decompress(harness.fetch_bytes(address + page))
            assert b"/" + name.encode() in profile, f"{reader}: {scene}: {page} without {name}"


def test_a_wait_for_a_mutex_ends_by_its_owner(folder):
    actors, *_ = play(folder, "mutex")
    owner, waiter = actors["owner"], actors["waiter"]
    paths = rounds(folder)
    assert len(paths) == SCENES["mutex"]
    for path in paths:
        wait = path["waits"][0]
        assert (wait["thread"]["tid"], wait["waker"]["tid"]) == (waiter.tid, owner.tid)

    # From 2 to 10 ms of each round; both ends are timers of a shared machine.
    middle_ns = statistics.median(path["waits"][0]["duration_ns"] for path in paths)
    assert 7_000_000 < middle_ns < 9_000_000, [path["waits"][0] for path in paths]

    def owner_slept(path):
        asleep = sum(segment["duration_ns"] for segment in path["segments"]
                     if segment["thread"]["tid"] == owner.tid and segment["state"] == "blocked")
        return asleep > 0.9 * path["waits"][0]["duration_ns"]

    assert most(owner_slept, paths), json.dumps(paths[0]["segments"])


def test_hogs_share_a_cpu_and_wait_for_each_other(folder):
    actors, told, _ = play(folder, "hogs")
    first, second = actors["hog-a"], actors["hog-b"]
    path = rounds(folder)[0]
    runnable = [segment for segment in path["segments"] if segment["state"] == "runnable"]
    waited = sum(segment["duration_ns"] for segment in runnable)
    behind = sum(segment["duration_ns"] for segment in runnable
                 if segment["behind"] and segment["behind"]["tid"] == second.tid)
    assert is_near(waited + on_cpu(path, first), path["duration_ns"], 0.01), "it never slept"
    assert waited > 0.3 * path["duration_ns"], "two share one CPU"
    assert behind > 0.9 * waited, f"waited {waited} ns, behind the other {behind} ns"
    assert {segment["cpu"] for segment in path["segments"]
            if segment["state"] == "on CPU"} == {0}
    both = total(lives(told, first), "run_ns") + total(lives(told, second), "run_ns")
    assert both <= 1.02 * max(first.wall_ns, second.wall_ns), "one CPU runs one at a time"


def test_a_sleep_is_nobodys_doing(folder):
    actors, told, _ = play(folder, "sleep")
    count = SCENES["sleep"]
    slept = blocked(lives(told, actors["sleeper"]), "count")
    assert count + 1 <= slept <= count + 3, f"{slept}: one at the beginning, one a round"
    paths = rounds(folder)
    def is_sleep(path):
        asleep = [segment for segment in path["segments"] if segment["state"] == "blocked"]
        return len(asleep) == 1 and asleep[0]["woken_by"] != "thread" and \
            2_900_000 < asleep[0]["duration_ns"] < 4_000_000 and not path["waits"]

    assert most(is_sleep, paths), json.dumps(paths[0]["segments"])


def test_epoll_waits_for_the_sender(folder):
    actors, told, _ = play(folder, "epoll")
    sender, poller = actors["sender"], actors["poller"]
    count = SCENES["epoll"]
    slept = blocked(lives(told, poller), "count")
    assert count <= slept <= count + 4, f"{slept}, by getrusage {poller.voluntary}"
    assert most(lambda path: waits(path)[:1] == [(poller.tid, sender.tid)], rounds(folder))


def test_a_chain_is_the_sum_of_its_links(folder):
    actors, *_ = play(folder, "chain")
    first, second, third = (actors[name] for name in ("first", "second", "third"))
    paths = rounds(folder)
    assert len(paths) == SCENES["chain"]
    assert most(lambda path: waits(path)[:2] ==
                [(first.tid, third.tid), (third.tid, second.tid)], paths), waits(paths[0])
    for actor, expected in ((second, 2_000_000), (third, 3_000_000)):
        assert most(lambda path, actor=actor, expected=expected:
                    is_near(on_cpu(path, actor), expected), paths), \
            f"{actor.name}: {[on_cpu(path, actor) for path in paths]}"

    def asked_ns(path):
        return sum(segment["duration_ns"] for segment in path["segments"]
                   if segment["regions"] == ["ask"] and segment["thread"]["tid"] == first.tid)

    assert most(lambda path: is_near(asked_ns(path), 1_000_000), paths), \
        f"{[asked_ns(path) for path in paths]}"


def perf_run_times(path):
    """Thread id → nanoseconds on a CPU, by `perf sched timehist`."""
    text = harness.run("perf", "sched", "-i", path, "timehist", "--summary").stdout
    times = {}
    for name_tid, msec in re.findall(r"^\s*(\S.*\[[\d/]+\])\s+-?\d+\s+\d+\s+([\d.]+)", text, re.M):
        tid = int(re.search(r"\[(\d+)", name_tid).group(1))
        times[tid] = times.get(tid, 0) + round(float(msec) * 1e6)
    return times


def test_perf_sees_the_same_run_times(folder):
    if not shutil.which("perf"):
        raise harness.Skip("perf is not installed (package linux-perf)")
    subprocess.run(["mount", "-t", "tracefs", "none", "/sys/kernel/tracing"],
                   capture_output=True)  # In this test's own mount namespace, if it may.
    probe = harness.run("perf", "sched", "record", "-o", folder / "probe", "--", "true",
                        check=False)
    if probe.returncode:
        raise harness.Skip(f"perf sched may not record here: {probe.stderr.strip()[-200:]}")
    with harness.started("perf", "sched", "record", "-o", folder / "perf.data", "--",
                         "sleep", "60", stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL) as perf:
        harness.wait_for(lambda: (folder / "perf.data").exists() and
                         (folder / "perf.data").stat().st_size > 0, "perf to record")
        actors, told, _ = play(folder, "hogs")
        perf.send_signal(2)
        perf.wait(harness.PATIENCE_S)
    times = perf_run_times(folder / "perf.data")
    # Both are on CPU 0, whose switches perf sees on every kernel.
    for actor in actors.values():
        run_ns = total(lives(told, actor), "run_ns")
        assert actor.tid in times, f"perf knows {sorted(times)}"
        assert is_near(run_ns, times[actor.tid], 0.02), \
            f"{actor.name}: ran {run_ns} ns, by perf {times[actor.tid]} ns"


harness.main()
