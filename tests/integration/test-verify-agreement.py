#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""`weft verify` and the real readers give the same verdict on good and broken traces.

The traces are the cases of the verifier's unit test, which writes them out. Where a real reader
differs, it is listed here with the reason, so that a new difference shows."""

import json

import harness

# Formats by the oldest reader that has them.
FIRST_READER = {"1.22": 22, "1.23": 23, "1.25": 25, "1.26": 26}

NEWEST = 99
# Readers that accept what we refuse, case by case: first and last version, and why we refuse.
MORE_LENIENT = {
    "running-before-processor":
        (22, NEWEST, "the parser passes it, but the viewer ends at its start; shown below"),
    "clock-with-more":
        (22, 24, "later readers refuse it"),
    "clock-batch-only":
        (25, NEWEST, "earlier readers of the format refuse it"),
    "clock-batch-only-later":
        (25, NEWEST, "earlier readers of the format refuse it"),
    "event-of-later-format":
        (23, NEWEST, "the format's own reader, 1.22, does not know the event"),
    "experiment-in-old-format":
        (23, NEWEST, "the format's own reader, 1.22, does not know the batch"),
    "experiment-unknown":
        (23, 24, "later readers fail on it"),
}


def cases(folder):
    """The traces in files: [(name, path, verdict)]."""
    dump = harness.BUILD / "tests" / "unit" / "unit-converter-verify"
    harness.run(dump, "--dump", folder)
    rows = (folder / "cases.txt").read_text().split("\n")
    return [(name, folder / f"{name}.trace", verdict)
            for name, verdict in (row.split() for row in rows if row)]


def number(reader):
    return int(reader.version.split(".")[1])


def reads(reader, path):
    """Whether the reader knows the format that the header names, or it names none that exists."""
    header = path.read_bytes()[:16]
    first = FIRST_READER.get(header[3:7].decode(errors="replace"))
    return first is None or number(reader) >= first


def accepts(reader, path):
    """The reader's verdict.

    The tool goes on after an error if a complete generation came before it, but says so. It takes
    some tables that are cut short for the end of the trace, and shows nothing more: every trace
    read to its end closes with a Sync event, beside the one that some versions begin with."""
    done = reader.parse(path)
    events = done.stdout.strip().split("\n")
    return (done.returncode == 0 and "able to proceed" not in done.stderr and
            len(events) > 1 and " Sync " in events[-1])


def test_command_gives_the_listed_verdicts(folder):
    for name, path, verdict in cases(folder):
        for options, accepted in (([], verdict != "broken"), (["--strict"], verdict == "good")):
            done = harness.weft("verify", *options, "--json", path, check=False)
            assert done.returncode == (0 if accepted else 1), (name, options, done.stderr)
            assert json.loads(done.stdout)["accepted"] == accepted, (name, options)
            assert done.stderr.count("\n") == (0 if accepted else 1), (name, done.stderr)


def test_real_readers_agree(folder):
    compared, wrong = 0, []
    for reader in harness.readers():
        for name, path, verdict in cases(folder):
            if not reads(reader, path):
                continue
            first, last, _ = MORE_LENIENT.get(name, (1, 0, ""))
            expected = verdict != "broken" or first <= number(reader) <= last
            compared += 1
            if accepts(reader, path) != expected:
                wrong.append(f"{reader} {'refuses' if expected else 'accepts'} {name}: "
                             f"{reader.parse(path).stderr.strip()[:300]}")
    print(f"         {compared} verdicts compared")
    assert compared > 200
    assert not wrong, "\n" + "\n".join(wrong)


def test_viewer_ends_where_we_say_so(folder):
    """The one trace that is refused for the viewer's sake alone, and its repaired twin."""
    paths = {name: path for name, path, _ in cases(folder)}
    for reader in harness.readers():
        with reader.serve(paths["migration"]) as address:
            assert "trace" in harness.fetch(address)
        try:
            with reader.serve(paths["running-before-processor"]):
                raise SystemExit(f"{reader} shows running-before-processor")
        except AssertionError as ended:
            assert "the viewer ended" in str(ended)


def test_our_own_traces_are_strictly_good_and_counted(folder):
    count = 400
    with harness.session_daemon():
        harness.record_by_lttng(folder / "recording",
                                harness.BUILD / "tests" / "programs" / "test-spans", count)
    for version in ("1.22", "1.23", "1.25", "1.26"):
        trace = folder / f"{version}.trace"
        harness.weft("convert", "-q", "--go-version", version, folder / "recording", "-o", trace)
        told = json.loads(harness.weft("verify", "--strict", "--json", trace).stdout)
        assert told["format"] == version
        assert told["byte_count"] == trace.stat().st_size
        assert told["task_begin_count"] == count + 1 and told["open_task_count"] == 1, told
        assert told["task_end_count"] == count, told
        assert told["region_begin_count"] == told["region_end_count"] == 2 * count + 1, told
        assert told["open_region_count"] == 0, told
        assert told["log_count"] >= count + 1, told
        assert told["events"]["UserLog"] == told["log_count"]
        for reader in harness.readers():
            if reads(reader, trace):
                assert accepts(reader, trace), reader


harness.main()
