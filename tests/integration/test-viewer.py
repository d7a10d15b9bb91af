# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""What the real `go tool trace` shows of each example is what the example says it did.

Recorded by `weft record` and by plain lttng commands; every page of every reader, with counts of
tasks, regions and logs equal to the program's own.
"""

import json
import re

import harness
import viewer

BIN = harness.BUILD / "bin"
COUNTED = harness.BUILD / "tests" / "programs" / "test-counted"


def compress_input(folder):
    """Something to compress: about 3 MB that is neither random nor empty."""
    path = folder / "input"
    path.write_text("".join(f"line {i} of {i * 7919 % 1000}\n" for i in range(150000)))
    return path


def examples(folder):
    """Name → command whose last line of output is its own counts."""
    return {
        "server": [BIN / "server", "--requests", 200],
        "compress": [BIN / "compress", "--counts", compress_input(folder)],
        "pipeline": [BIN / "producer", "--requests", 150],
        "cxx": [BIN / "render", "--requests", 30],
    }


def own_counts(done):
    return json.loads(done.stdout.strip().splitlines()[-1])


def record(folder, name, command, how):
    """Returns (recording, the program's own counts)."""
    recording = folder / f"{name}-{how}"
    if how == "weft":
        done = harness.weft("record", "-o", recording, "--", *command)
        assert "0 events lost" in done.stderr, done.stderr
    else:
        with harness.session_daemon():
            done = harness.record_by_lttng(recording, *command)
    return recording, own_counts(done)


def check_parse(reader, trace, counts):
    done = reader.parse(trace)
    assert done.returncode == 0, f"{reader} refuses {trace}: {(done.stdout + done.stderr)[-2000:]}"
    assert "broken" not in done.stderr and "rror" not in done.stderr, f"{reader}: {done.stderr}"
    logs = viewer.parsed_logs(done.stdout)
    assert dict(logs) == counts["log_categories"], f"{reader}: {logs}"


def check_pages(reader, trace, counts):
    with reader.serve(trace) as address:
        viewer.fetch_all(address)
        assert viewer.tasks(address) == counts["tasks"], f"{reader}: {viewer.tasks(address)}"
        shown = viewer.region_counts(address)
        assert shown == counts["regions"], f"{reader}: {shown}"
        for task_type, count in counts["tasks"].items():
            page = viewer.task_page(address, task_type)
            assert page.count("(complete)") == count, f"{reader}: {task_type} is incomplete"


def check_example(folder, name, how):
    recording, counts = record(folder, name, examples(folder)[name], how)
    trace = folder / f"{name}.trace"
    harness.weft("convert", recording, "-o", trace, "-q")
    harness.weft("verify", "--strict", trace)
    for reader in harness.readers():
        check_parse(reader, trace, counts)
        check_pages(reader, trace, counts)


def test_server_recorded_by_weft(folder):
    check_example(folder, "server", "weft")


def test_server_recorded_by_lttng(folder):
    check_example(folder, "server", "lttng")


def test_compress_recorded_by_weft(folder):
    check_example(folder, "compress", "weft")


def test_compress_recorded_by_lttng(folder):
    check_example(folder, "compress", "lttng")


def test_pipeline_recorded_by_weft(folder):
    check_example(folder, "pipeline", "weft")


def test_pipeline_recorded_by_lttng(folder):
    check_example(folder, "pipeline", "lttng")


def test_cxx_recorded_by_weft(folder):
    check_example(folder, "cxx", "weft")


def test_cxx_recorded_by_lttng(folder):
    check_example(folder, "cxx", "lttng")


def test_log_texts_are_the_programs_own(folder):
    recording = folder / "recording"
    harness.weft("record", "-o", recording, "--", COUNTED, "rounds", 3, 100)
    trace = folder / "counted.trace"
    harness.weft("convert", recording, "-o", trace, "-q")
    expected = sorted(str(i) for i in range(100) for _ in range(3))
    for reader in harness.readers():
        with reader.serve(trace) as address:
            texts = viewer.log_texts(viewer.task_page(address, "round"))
            assert sorted(texts) == expected, f"{reader}: {len(texts)} texts"


def test_call_sites_have_function_file_and_line(folder):
    recording, _ = record(folder, "cxx", examples(folder)["cxx"], "weft")
    trace = folder / "cxx.trace"
    harness.weft("convert", recording, "-o", trace, "-q")
    sources = harness.SOURCE / "examples" / "cxx"
    with harness.readers()[-1].serve(trace) as address:
        for name, function, place in viewer.regions(address):
            match = re.fullmatch(r"(.*):(\d+)", place)
            assert match, f"no line for region {name}: {place}"
            file, line = match.group(1), int(match.group(2))
            assert file.startswith(str(sources)), f"region {name} is said to be in {file}"
            # A statement may take several lines.
            text = "\n".join(open(file).read().splitlines()[line - 1:line + 2])
            assert "region" in text, f"{file}:{line} begins no region: {text}"
            assert not function.startswith("_Z"), f"{function} is not demangled"


def test_all_formats_and_rows_open_where_they_should(folder):
    recording, counts = record(folder, "server", examples(folder)["server"], "weft")
    reads = {"1.22": {"1.22"}, "1.23": {"1.22", "1.23"}, "1.24": {"1.22", "1.23"},
             "1.25": {"1.22", "1.23", "1.25"}}
    everything = {"1.22", "1.23", "1.25", "1.26"}
    for version in sorted(everything):
        for rows in ("cpu", "thread"):
            trace = folder / f"{version}-{rows}.trace"
            harness.weft("convert", recording, "-o", trace, "-q", "--go-version", version,
                         "--rows", rows)
            harness.weft("verify", "--strict", trace)
            for reader in harness.readers():
                if version in reads.get(reader.version, everything):
                    check_parse(reader, trace, counts)
                else:
                    assert reader.parse(trace).returncode != 0, \
                        f"{reader} reads {version}: the README says it does not"


harness.main()
