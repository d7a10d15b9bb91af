# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""`weft convert --to pprof:KIND`: what the real pprof reads agrees with `weft summary`, whose numbers
test-schedule.py holds against the kernel's; labels answer questions; refusals say why."""

import collections
import gzip
import json
import re

import harness

SCHEDULE = harness.BUILD / "tests" / "programs" / "test-schedule"
SERVER = harness.BUILD / "bin" / "server"


def record(folder, *argv, tier="tracepoints"):
    done = harness.weft("record", "--sched", tier, "-o", folder / "recording", "--", *argv,
                        check=False)
    if "cannot record scheduling with tier" in done.stderr or "has the tiers" in done.stderr:
        raise harness.Skip(done.stderr.splitlines()[0])
    assert done.returncode == 0, done.stderr
    return done


def convert(folder, kind, *argv, check=True):
    path = folder / f"{kind}.pb.gz"
    return path, harness.weft("convert", folder / "recording", "-o", path, "--to", f"pprof:{kind}",
                              *argv, check=check)


class Sample:
    def __init__(self, values, frames, labels):
        self.count, self.ns = values
        self.frames, self.labels = frames, labels


def read(reader, path):
    """Samples as the real tool reads them."""
    text = harness.run(reader.pprof, "-raw", path).stdout
    head, rest = text.split("\nLocations\n")
    functions = {}
    for line in rest.split("\nMappings\n")[0].splitlines():
        found = re.match(r"\s+(\d+): 0x[0-9a-f]+ M=1 (.*?)(?: (?:\S*):\d+(?::\d+)? s=0| s=0)?$", line)
        functions[int(found[1])] = re.sub(r"\s+\S*:\d+(:\d+)?$", "", found[2]).strip()
    samples = []
    for line in head.split("Samples:\n")[1].splitlines()[1:]:
        if re.match(r"\s+-?\d+\s+-?\d+:", line):
            values, stack = line.split(":")
            samples.append(Sample(map(int, values.split()),
                                  [functions[int(number)] for number in stack.split()], {}))
        else:
            samples[-1].labels.update(re.findall(r"(\S+?):\[(.*?)\]", line))
    return samples


def by(samples, label):
    sums = collections.Counter()
    for sample in samples:
        sums[sample.labels.get(label)] += sample.ns
    return sums


def check_against_summary(folder, samples, row_ns):
    """To the nanosecond: the two come from one timeline. Threads that were renamed have several
    names in a profile and one in the summary, so only the rest is compared by name."""
    told = json.loads(harness.weft("summary", "--json", folder / "recording").stdout)
    expected = sum(row_ns(row["scheduling"]) for row in told["threads"])
    assert sum(sample.ns for sample in samples) == expected
    workers = {row["tid"]: row_ns(row["scheduling"]) for row in told["threads"]
               if row["name"] == "server-ust"}
    assert by(samples, "thread")["server-ust"] == sum(workers.values())


def blocked(scheduling, wanted):
    return sum(reason["ns"] for reason in scheduling["blocked"] if wanted(reason["reason"]))


ROWS = {
    "cpu": lambda row: row["run_ns"],
    "sched": lambda row: row["run_wait_ns"],
    "block": lambda row: blocked(row, lambda reason: "sync" in reason),
    "off-cpu": lambda row: row["run_wait_ns"] +
               blocked(row, lambda reason: reason != "kernel thread idle"),
}


def test_times_are_those_of_the_summary(folder):
    record(folder, SERVER, "--requests", 200)
    for kind, row_ns in ROWS.items():
        path, _ = convert(folder, kind)
        for reader in harness.readers():
            check_against_summary(folder, read(reader, path), row_ns)


def test_a_known_lock_is_found_with_owner_and_length(folder):
    record(folder, SCHEDULE, "mutex", 10)
    reader = harness.readers()[0]
    samples = [sample for sample in read(reader, convert(folder, "block")[0])
               if sample.labels["thread"] == "waiter" and sample.labels["woken_by"] == "owner"]
    # Ten rounds of 8 ms; one may be disturbed.
    assert sum(sample.count for sample in samples) >= 9
    assert 63e6 < sum(sample.ns for sample in samples) < 90e6
    for sample in samples:
        assert sample.frames[:2] == ["sync: futex", "futex"], sample.frames
        assert sample.frames[-2:] == ["waiter", "test-schedule"], sample.frames


def test_system_calls_are_the_callers_of_waits(folder):
    record(folder, SCHEDULE, "sleep", 20)
    samples = read(harness.readers()[0], convert(folder, "syscall")[0])
    asleep = [sample for sample in samples if sample.labels["process"] == "test-schedule"
              and sample.frames[:2] == ["sleep", "clock_nanosleep"]]
    assert sum(sample.count for sample in asleep) >= 20, [sample.frames for sample in samples]


def test_labels_answer_what_a_slow_task_waited_for(folder):
    record(folder, SERVER, "--requests", 300)
    path, _ = convert(folder, "off-cpu", "--task", "request")
    for reader in harness.readers():
        samples = read(reader, path)
        of_task = [sample for sample in samples if sample.labels.get("task") == "request"]
        assert of_task and all("task request" in sample.frames for sample in of_task)
        # The name that the program gave, although the kernel has another.
        assert "worker" in {sample.labels["thread"] for sample in of_task}
        assert {sample.labels["region"] for sample in of_task if "region" in sample.labels} \
            & {"work", "checksum", "reply", "wait"}
        shown = harness.run(reader.pprof, "-top", "-tagfocus", "task=request", path)
        assert "sync: futex" in shown.stdout and "scheduling data: tracepoints" in shown.stdout
        assert shown.stderr == "", shown.stderr
        assert "request.c:" in harness.run(reader.pprof, "-lines", "-top", path).stdout


def test_without_a_scheduler_cpu_comes_from_accounts(folder):
    record(folder, SERVER, "--requests", 100, tier="accounting")
    samples = read(harness.readers()[0], convert(folder, "cpu")[0])
    assert by(samples, "task")["request"] > 0
    path, done = convert(folder, "off-cpu", check=False)
    assert done.returncode == 1 and "no scheduling data" in done.stderr, done.stderr
    assert not path.exists()


def test_the_switch_tier_gives_profiles_too(folder):
    record(folder, SERVER, "--requests", 100, tier="switch")
    samples = read(harness.readers()[0], convert(folder, "off-cpu")[0])
    assert by(samples, "process")["server"] > 0


def test_mistakes_are_told(folder):
    record(folder, SERVER, "--requests", 10, tier="accounting")
    done = convert(folder, "heap", check=False)[1]
    assert done.returncode == 2 and "pprof:off-cpu" in done.stderr, done.stderr
    path, done = convert(folder, "cpu", "--task", "no such task", check=False)
    assert done.returncode == 1 and not path.exists(), done.stderr
    path, _ = convert(folder, "cpu")
    assert gzip.decompress(path.read_bytes())


if __name__ == "__main__":
    harness.main()
