# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""Text forms of profiles, read back by real `go tool pprof` programs with the same totals."""

import math
import os
import pathlib
import random
import re
import shutil

import harness
import pprof_file

MAPPING = [(0x400000, 0x500000, 0, "/nonexistent/program", "")]
HEAP_TYPES = [("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"),
              ("inuse_space", "bytes")]
CONTENTION_TYPES = [("contentions", "count"), ("delay", "nanoseconds")]


def pprof_tools():
    found = sorted(harness.reader_cache().glob("go-1.*/tool/pprof"))
    if not found:
        raise harness.Skip(f"no go tool pprof in {harness.reader_cache()} (tests/go-readers.sh gets "
                           "them from Debian's packages)")
    return found


def as_text(folder, profile, *options):
    given, made = folder / "raw.pb", folder / "text"
    given.write_bytes(profile)
    harness.weft("symbolize", "--debug", "1", *options, "-o", made, given)
    return made


def read_back(tool, path):
    """Sample types, and values by stack, as the reader has them (`-raw` shows what it read)."""
    text = harness.run(tool, "-raw", "-symbolize=none", path).stdout
    types = re.search(r"Samples:\n(.*)\n", text)[1].split()
    samples = {}
    for line in text[text.index("Samples:"):text.index("Locations")].splitlines()[2:]:
        match = re.fullmatch(r" *((?:-?\d+ +)*-?\d+): ([\d ]*)", line)
        if match:
            values = [int(number) for number in match[1].split()]
            stack = tuple(match[2].split())
            samples.setdefault(stack, []).append(values)
    listed = text[text.index("Locations"):text.index("Mappings")]
    places = dict(re.findall(r"^ *(\d+): (0x[0-9a-f]+)", listed, re.M))
    return types, {tuple(int(places[number], 16) for number in stack): values
                   for stack, values in samples.items()}


def stacks(generator, count):
    """Distinct stacks of calls."""
    return [tuple(generator.sample(range(0x401000, 0x4F0000, 7), generator.randrange(1, 60)))
            for _ in range(count)]


def totals(values):
    return [sum(column) for column in zip(*values)]


def test_counts_are_read_back(folder):
    generator = random.Random(1)
    samples = [(stack, (generator.randrange(1, 50),), {}) for stack in stacks(generator, 40)]
    profile = pprof_file.encode([("threadcreate", "count")], samples, MAPPING)
    path = as_text(folder, profile)
    wanted = {stack: [list(values)] for stack, values, _ in samples}
    first = path.read_text().splitlines()[0]
    assert first == f"threadcreate profile: total {sum(s[1][0] for s in samples)}", first
    for tool in pprof_tools():
        types, found = read_back(tool, path)
        assert types == ["threadcreate/count"] and found == wanted, tool


def test_labels_are_shown_and_skipped_by_readers(folder):
    samples = [((0x401000,), (2,), {"user": "a\"b\n", "kind": "x"}),
               ((0x401000,), (3,), {"kind": "x", "user": "a\"b\n"}),
               ((0x401000,), (1,), {"bytes": (7, "bytes")}), ((), (4,), {})]
    path = as_text(folder, pprof_file.encode([("things", "count")], samples, MAPPING))
    text = path.read_text()
    assert text == ('things profile: total 10\n'
                    '5 @ 0x401001\n# labels: {"kind":"x", "user":"a\\"b\\n"}\n#\t0x401000\n\n'
                    '4 @ 0x0\n#\t0x0\n\n'
                    '1 @ 0x401001\n# labels: {"bytes":"7 bytes"}\n#\t0x401000\n\n'), text
    for tool in pprof_tools():
        _, found = read_back(tool, path)
        assert totals(sum(found.values(), [])) == [10], tool


def test_contention_is_read_back(folder):
    generator = random.Random(2)
    samples = [(stack, (generator.randrange(1, 10**6), generator.randrange(1, 10**13)), {})
               for stack in stacks(generator, 40)]
    profile = pprof_file.encode(CONTENTION_TYPES, samples, MAPPING,
                                (("contentions", "count"), 1))
    wanted = {stack: [list(values)] for stack, values, _ in samples}
    for name, head in (("block", "--- contention:\ncycles/second=1000000000\n"),
                       ("mutex", "--- mutex:\ncycles/second=1000000000\nsampling period=1\n")):
        path = as_text(folder, profile, "--name", name)
        text = path.read_text()
        delays = [int(number) for number in re.findall(r"^(\d+) \d+ @", text, re.M)]
        assert text.startswith(head) and delays == sorted(delays, reverse=True), name
        for tool in pprof_tools():
            types, found = read_back(tool, path)
            assert types == ["contentions/count", "delay/nanoseconds"] and found == wanted, tool


def scale(seen, rate):
    """What a sampler's numbers stand for, as the tracer writes and readers compute it."""
    count, size = seen
    if not count or not size:
        return 0, 0
    factor = 1 / (1 - math.exp(-(size / count) / rate)) if rate > 1 else 1
    return int(count * factor), int(size * factor)


def heap_samples(generator, rate):
    samples = []
    for stack in stacks(generator, 300):
        size = int(2 ** generator.uniform(0, 26))
        count = int(2 ** generator.uniform(0, 14))
        left = generator.choice((0, count, generator.randrange(count + 1)))
        # Objects of one stack need not have one size.
        spread = generator.randrange(0, count + 1)
        alloc = scale((count, count * size + spread), rate)
        inuse = scale((left, left * size + spread if left else 0), rate)
        samples.append((stack, (*alloc, *inuse), {}))
    return samples


def test_heap_values_are_scaled_back_by_readers(folder):
    for rate in (1, 512, 524288):
        samples = heap_samples(random.Random(rate), rate)
        profile = pprof_file.encode(HEAP_TYPES, samples, MAPPING, (("space", "bytes"), rate),
                                    ["# weft.Heap", "# Arenas = 3", "no trailer"])
        path = as_text(folder, profile)
        text = path.read_text()
        assert f"] @ heap/{2 * rate}\n" in text.splitlines(True)[0], text.splitlines()[0]
        assert text.endswith("\n\n\n# weft.Heap\n# Arenas = 3\n"), text[-200:]
        for tool in pprof_tools():
            types, found = read_back(tool, path)
            assert types == [f"{kind}/{unit}" for kind, unit in HEAP_TYPES], types
            for stack, wanted, _ in samples:
                got = found.get(stack, [[0, 0, 0, 0]])[0]
                near = [abs(a - b) <= 1 for a, b in zip(got, wanted)]
                assert all(near), (tool, rate, wanted, got)


def test_heap_with_everything_in_use_keeps_four_columns(folder):
    profile = pprof_file.encode(HEAP_TYPES, [((0x401000,), (3, 300, 3, 300), {})], MAPPING,
                                (("space", "bytes"), 1))
    path = as_text(folder, profile)
    assert path.read_text().startswith("heap profile: 3: 300 [3: 301] @ heap/2\n")
    for tool in pprof_tools():
        types, found = read_back(tool, path)
        assert len(types) == 4 and found == {(0x401000,): [[3, 300, 3, 300]]}, (tool, found)


TAB_WRITER = """package main

import (
	"io"
	"os"
	"text/tabwriter"
)

func main() {
	writer := tabwriter.NewWriter(os.Stdout, 1, 8, 1, '\\t', 0)
	io.Copy(writer, os.Stdin)
	writer.Flush()
}
"""


def test_columns_line_up_as_go_aligns_them(folder):
    """The same cells, one tab between them, through the writer that Go's own profiles use."""
    go = shutil.which("go")
    if not go:
        raise harness.Skip("go is not installed (package golang-go)")
    (folder / "main.go").write_text(TAB_WRITER)
    environment = dict(os.environ, GOCACHE=str(folder / "cache"), GO111MODULE="off",
                       GOTOOLCHAIN="local", GOFLAGS="")
    harness.run(go, "build", "-o", folder / "align", folder / "main.go", env=environment,
                timeout=600)
    generator = random.Random(3)
    mappings = pprof_file.read_maps(pathlib.Path("/proc/self/maps").read_text())
    code = [m for m in mappings if m[3].startswith("/") and m[1] - m[0] > 0x10000]
    samples = []
    for _ in range(60):
        # Named ones of several lengths, and some that nothing is known of.
        stack = [generator.randrange(m[0], m[1]) for m in generator.choices(code, k=8)]
        stack += [generator.randrange(1, 1 << generator.randrange(4, 40)) for _ in range(2)]
        generator.shuffle(stack)
        samples.append((tuple(stack), (1,), {}))
    text = as_text(folder, pprof_file.encode([("things", "count")], samples, mappings)).read_text()
    assert len(re.findall(r"^#\t0x[0-9a-f]+\t+[^\t]+\+0x", text, re.M)) > 50, text[:2000]
    single = re.sub("\t+", "\t", text)
    aligned = harness.run(folder / "align", input=single, stdin=None).stdout
    wrong = [lines for lines in zip(text.splitlines(), aligned.splitlines())
             if lines[0] != lines[1]]
    assert text == aligned, wrong[:3]


def test_differences_of_profiles_are_refused(folder):
    for types, values in ((HEAP_TYPES, (-1, -8, 0, 0)), (CONTENTION_TYPES, (-1, -8))):
        given = folder / "raw.pb"
        given.write_bytes(pprof_file.encode(types, [((0x401000,), values, {})], MAPPING))
        done = harness.weft("symbolize", "--debug", "1", given, check=False)
        assert done.returncode == 1 and "has no text form" in done.stderr, done


if __name__ == "__main__":
    harness.main()
