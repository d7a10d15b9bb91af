# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""weft summary: exact counts, odd selections, odd inputs."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import harness

SPANS = harness.BUILD / "tests" / "programs" / "test-spans"
COUNT = 400


def record(folder, count=COUNT):
    with harness.session_daemon():
        harness.record_by_lttng(folder / "recording", SPANS, count)
    return folder / "recording"


def summary(*argv):
    return json.loads(harness.weft("summary", "--json", *argv).stdout)


def by(rows, member):
    return {row[member]: row for row in rows}


def fails(status, message, *argv):
    done = harness.weft("summary", *argv, check=False)
    assert done.returncode == status, f"{argv}: status {done.returncode}\n{done.stderr}"
    assert message in done.stderr, f"{argv}: {done.stderr}"
    assert done.stderr.count("\n") == (1 if status == 1 else 2), f"{argv}: {done.stderr}"
    return done


def test_counts_are_exact(folder):
    told = summary(record(folder))
    tasks = by(told["tasks"], "type")
    assert tasks["request"]["count"] == COUNT
    assert tasks["request"]["ended"] == COUNT
    assert tasks["request"]["errors"] == COUNT // 10
    assert tasks["request"]["open"] == 0
    assert tasks["forgotten"]["count"] == 1 and tasks["forgotten"]["open"] == 1
    assert tasks["forgotten"]["open_longest_ns"] > 0
    assert tasks["forgotten"]["duration_ns"] is None
    regions = by(told["regions"], "name")
    assert set(regions) == {"parse", "read", "twice"}
    for name, errors in (("parse", COUNT // 10), ("read", 0)):
        region = regions[name]
        assert region["count"] == region["duration_ns"]["count"] == COUNT
        assert region["errors"] == errors and region["open"] == 0
        assert region["function"] == "serve" and region["file"].endswith("/spans.c")
        quantiles = [region["duration_ns"][key] for key in ("min", "p50", "p90", "p99", "max")]
        assert quantiles == sorted(quantiles) and quantiles[0] > 0
    logs = by(told["logs"], "category")
    assert logs["number"]["count"] == COUNT and logs["closing"]["count"] == 1
    assert told["lost_events"] == 0 and told["repairs"] == []
    assert [row["text"] for row in told["misuse"]] == [
        "region ended twice, or after the region around it"]
    assert told["misuse"][0]["name"] == "twice" and told["misuse"][0]["function"] == "main"
    assert len(told["threads"]) == 2 and told["processes"][0]["threads"] == 2
    assert sum(thread["tasks"] for thread in told["threads"]) == COUNT + 1
    assert tasks["request"]["usage"]["cpu_ns"] > 0, "accounting was recorded"


def test_text_has_the_same_numbers_and_no_control_characters(folder):
    text = harness.weft("summary", record(folder)).stdout
    assert re.search(rf"^  request +{COUNT} +{COUNT // 10} +0 ", text, re.M), text
    assert re.search(rf"^  parse +serve +spans\.c:\d+ +{COUNT} +{COUNT // 10} ", text, re.M), text
    assert "nothing was lost, nothing had to be repaired" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
    assert max(map(len, text.splitlines())) <= 100, "wider than it said"


def test_top_leaves_out_and_says_how_many(folder):
    recording = record(folder)
    text = harness.weft("summary", recording, "--top", "1").stdout
    assert text.count("... and 1 more") == 3 and text.count("... and 2 more") == 1, text
    assert "... and" not in harness.weft("summary", recording, "--top", "0").stdout
    assert len(summary(recording, "--top", "1")["regions"]) == 1


def test_a_part_of_the_time_counts_what_lies_in_it(folder):
    recording = record(folder)
    whole = summary(recording)
    middle = whole["duration_ns"] // 2
    early = summary(recording, "--until", f"{middle}ns")
    late = summary(recording, "--from", f"{middle + 1}ns")
    ended = [by(part["tasks"], "type")["request"]["ended"] for part in (early, late)]
    assert sum(ended) == COUNT and all(ended), ended
    begun = [by(part["tasks"], "type")["request"] for part in (early, late)]
    cut = begun[0]["open"]
    assert begun[1]["began_before"] == cut, "a task cut in two is open first, then from before"
    assert abs(early["selected_duration_ns"] + late["selected_duration_ns"] -
               whole["duration_ns"]) <= 1


def test_a_selection_of_nothing_says_so(folder):
    recording = record(folder)
    fails(1, "nothing of the input is selected", recording, "--task", "nobody")
    fails(1, "nothing of the input is selected", recording, "--pid", "1")
    fails(1, "nothing of the input is selected", recording, "--from", "1h")
    fails(1, "nothing of the input is selected", recording, "--slower-than", "1h")


def test_a_selection_of_tasks_leaves_out_the_others(folder):
    told = summary(record(folder), "--task", "request")
    assert set(by(told["tasks"], "type")) == {"request"}
    assert set(by(told["regions"], "name")) == {"parse", "read"}
    assert told["selection"]["task"] == "request"


def test_the_critical_path_of_a_task_adds_up(folder):
    recording = record(folder)
    assert summary(recording)["critical_path"] is None
    path = summary(recording, "--task", "request")["critical_path"]
    longest = by(summary(recording)["tasks"], "type")["request"]["duration_ns"]["max"]
    assert path["duration_ns"] == longest, "the slowest"
    assert path["candidates"] == COUNT and len(path["slowest"]) == 10
    assert path["ended"] and path["complete"] and not path["has_scheduling"]
    at = 0
    for segment in path["segments"]:
        assert segment["begin_ns"] == at and segment["state"] == "on CPU", segment
        at += segment["duration_ns"]
    assert at == path["duration_ns"]
    assert any("parse" in segment["regions"] for segment in path["segments"])
    other = path["slowest"][3]
    chosen = summary(recording, "--task", "request", "--id", other["id"])["critical_path"]
    assert (chosen["id"], chosen["duration_ns"]) == (other["id"], other["duration_ns"])
    text = harness.weft("summary", recording, "--task", "request").stdout
    assert f"critical path of task {path['id']}: " in text and "no scheduling data" in text, text
    fails(1, f"no task of type 'request' has id 999999: tasks={COUNT}", recording,
          "--task", "request", "--id", "999999")
    hanging = summary(recording, "--task", "forgotten")["critical_path"]
    assert not hanging["ended"] and hanging["candidates"] == 0
    assert sum(segment["duration_ns"] for segment in hanging["segments"]) == \
        hanging["duration_ns"]


def test_wrong_usage_is_told(folder):
    fails(2, "--id needs --task", folder, "--id", "1")
    fails(2, "--id: '0' is not the id of a task", folder, "--task", "x", "--id", "0")
    fails(2, "no input given")
    fails(2, "--top: '-1' is not a number of rows", folder, "--top", "-1")
    fails(2, "--top: 'x' is not a number of rows", folder, "--top", "x")
    fails(2, "--from: 'soon' is not a time", folder, "--from", "soon")
    fails(2, "unrecognized option", folder, "--wide")


def test_inputs_that_are_no_traces_are_told(folder):
    for command, more in (("summary", ()), ("convert", ("-o", str(folder / "out")))):
        def refused(message, path):
            done = harness.weft(command, path, *more, check=False)
            assert done.returncode == 1 and message in done.stderr, done.stderr
            assert done.stderr.count("\n") == 1, done.stderr
            assert not (folder / "out").exists()

        empty = folder / "empty"
        empty.mkdir(exist_ok=True)
        refused("no trace in", empty)
        refused("No such file or directory", folder / "missing")
        (folder / "file").write_text("x")
        refused("is a file; give the directory", folder / "file")
        odd = folder / "odd"
        odd.mkdir(exist_ok=True)
        (odd / "metadata").write_bytes(b"")
        refused("is no CTF metadata", odd)
        (odd / "metadata").write_bytes(b"\x1e{\"type\":\"preamble\"}")
        refused("is CTF 2", odd)
        (odd / "metadata").write_text("/* CTF 9.7 */ weft: nonsense;")
        refused("cannot open the trace", odd)


def test_a_recording_of_other_events_says_what_is_missing(folder):
    with harness.session_daemon():
        harness.record_by_lttng(folder / "recording", SPANS, 1, events=("lttng_ust_statedump:*",))
    done = harness.weft("summary", folder / "recording", check=False)
    assert done.returncode == 1, done.stdout
    assert "was the program built with libweft" in done.stderr or \
        "no trace in" in done.stderr, done.stderr


def streams(recording):
    """Stream files, the largest first."""
    return sorted((file for file in recording.rglob("*") if re.search(r"_\d+$", file.name)),
                  key=lambda file: -file.stat().st_size)


def test_a_cut_recording_is_summarized_up_to_the_cut(folder):
    recording = record(folder, 20000)
    before = summary(recording)["events"]
    stream = streams(recording)[0]
    os.truncate(stream, stream.stat().st_size - 100)
    done = harness.weft("summary", "--json", recording, check=False)
    assert done.returncode == 1 and "cut short: 1 packet is not whole" in done.stderr, done.stderr
    told = json.loads(done.stdout)
    assert told["cut_packets"] == 1 and 0 < told["events"] < before
    text = harness.weft("summary", recording, check=False).stdout
    assert re.search(r"^ +1  packets cut off", text, re.M), text


def test_a_recording_that_is_nothing_but_a_cut_packet_says_so(folder):
    recording = record(folder, 1)
    for stream in streams(recording):
        os.truncate(stream, min(stream.stat().st_size, 4000))
    fails(1, "nothing can be read: the recording is cut short", recording)


def test_an_unreadable_stream_is_told(folder):
    recording = record(folder)
    stream = streams(recording)[0]
    options = {}
    if os.geteuid() == 0:
        # Root may read everything; somebody else shall not be kept out of the rest.
        harness.run("chmod", "-R", "a+rX", folder)
        options = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    stream.chmod(0o600 if options else 0)
    done = harness.weft("summary", recording, check=False, **options)
    assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
    assert f"cannot read '{stream}': Permission denied" in done.stderr, done.stderr


def test_a_full_disk_is_told(folder):
    recording = record(folder)
    if not pathlib.Path("/dev/full").exists():
        raise harness.Skip("there is no /dev/full")
    with open("/dev/full", "w") as full:
        done = subprocess.run([harness.WEFT, "summary", recording], stdout=full,
                              stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1, done
    assert "cannot write the summary: No space left on device" in done.stderr, done.stderr


def test_two_inputs_are_one_summary(folder):
    recording = record(folder)
    shutil.move(recording, folder / "first")
    record(folder)
    told = summary(folder / "first", folder / "recording")
    assert by(told["tasks"], "type")["request"]["count"] == 2 * COUNT
    assert by(told["regions"], "name")["parse"]["count"] == 2 * COUNT, "one call site, one row"
    assert len(told["processes"]) == 2


harness.main()
