# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""The babeltrace2 plugin writes what `weft convert` writes, and says what is wrong."""

import os
import shutil

import harness

PLUGINS = harness.LIB / "babeltrace2" / "plugins"
SPANS = harness.BUILD / "tests" / "programs" / "test-spans"


def babeltrace(*argv, **options):
    if not shutil.which("babeltrace2"):
        raise harness.Skip("babeltrace2 is not installed (package babeltrace2)")
    environment = dict(os.environ)
    if "thread" in harness.SANITIZED:
        raise harness.Skip("ThreadSanitizer cannot be loaded into babeltrace2 by a plugin")
    if harness.SANITIZED:
        # babeltrace2 itself is not built with the sanitizer that the plugin needs, and loses a few
        # blocks of its own at exit.
        runtime = harness.run("cc", "-print-file-name=libasan.so").stdout.strip()
        environment.update(LD_PRELOAD=runtime, ASAN_OPTIONS="detect_leaks=0")
    return harness.run("babeltrace2", f"--plugin-path={PLUGINS}", *argv, env=environment,
                       **options)


def plugin(params, directory, **options):
    return babeltrace("-c", "sink.weft.go-trace", "--params", params, directory, **options)


def record(folder):
    with harness.session_daemon():
        harness.record_by_lttng(folder / "recording", SPANS, 2000)
    return folder / "recording"


def test_output_equals_that_of_weft_convert(folder):
    recording = record(folder)
    for number, (params, options) in enumerate((
            ("", ()),
            (',go-version="1.26"', ("--go-version", "1.26")),
            (',go-version=1.23,rows="cpu"', ("--go-version", "1.23", "--rows", "cpu")),
            (',rows="thread"', ("--rows", "thread")))):
        ours, theirs = folder / f"{number}.weft", folder / f"{number}.plugin"
        harness.weft("convert", recording, "-o", ours, "-q", *options)
        plugin(f'path="{theirs}"{params}', recording)
        assert ours.stat().st_size > 10000, "hardly anything was recorded"
        assert ours.read_bytes() == theirs.read_bytes(), f"they differ with {options}"


def test_wrong_parameters_are_named_and_leave_no_file(folder):
    recording = record(folder)
    path = folder / "x.trace"
    for params, message in (
            ('rows="cpu"', "no output given: add --params 'path=\"FILE\"'"),
            ('path=1', "parameter 'path': it must be the name of a file"),
            ('path=""', "parameter 'path': it must be the name of a file"),
            (f'path="{path}",rows="row"', "parameter 'rows': 'row' is neither cpu nor thread"),
            (f'path="{path}",rows=1', "parameter 'rows': it must be"),
            (f'path="{path}",go-version=1.24', "'1.24' is none of 1.22, 1.23, 1.25, 1.26"),
            (f'path="{path}",go-version=yes', "parameter 'go-version': it must be a text"),
            (f'path="{path}",size=1', "no parameter 'size' (there are path, rows and go-version)"),
            (f'path="{folder}/none/x"', "No such file or directory"),
            (f'path="{folder}"', "Is a directory")):
        done = plugin(params, recording, check=False)
        assert done.returncode, f"{params} was taken"
        assert message in done.stderr, f"{params}: {done.stderr}"
        assert not path.exists(), f"{params} left a file"


def test_input_without_events_of_ours_says_so_and_leaves_no_file(folder):
    with harness.session_daemon():
        harness.record_by_lttng(folder / "recording", SPANS, 1, events=("weft:object",))
    path = folder / "x.trace"
    done = plugin(f'path="{path}"', folder / "recording", check=False)
    assert done.returncode and "no event of weft" in done.stderr, done.stderr
    assert not path.exists()


def test_an_older_file_survives_a_failure(folder):
    recording = record(folder)
    path = folder / "x.trace"
    path.write_text("older")
    stream = max((recording).rglob("*_0"), key=lambda file: file.stat().st_size)
    stream.write_bytes(b"\0" * 4096)
    done = plugin(f'path="{path}"', recording, check=False)
    assert done.returncode, "a destroyed stream was taken"
    assert path.read_text() == "older" or path.stat().st_size > 100, "half a file"


harness.main()
