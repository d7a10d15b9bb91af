# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""Every text of `weft pprof` is what the real `go tool pprof` prints, line by line.

Profiles of many kinds (programs/profiles.c) times a matrix of options, one in seven unless
WEFT_TESTS_THOROUGH=1. Beside the newest reader at hand nothing is normalised but what Go's runs
themselves do not agree on; what Go 1.19 of Debian 12 words differently is listed in OLD_READER, and
replaced in both texts.
"""

import concurrent.futures
import itertools
import os
import re
import shutil

import harness
import pprof_file

harness.isolate()

PROFILES = harness.BUILD / "tests" / "programs" / "test-profiles"
KINDS = ("cpu", "heap", "contention", "inline", "cxx", "negative", "labels", "empty", "bare",
         "recursive", "units", "dropping", "large")
FORMATS = ("top", "tree", "traces", "raw", "callgrind", "tags", "dot", "comments", "peek=work|inner|a",
           "list=main|inner|work_1|diff_2")

# With every kind and every format.
OPTIONS = (
    (),
    ("-cum", "-nodecount=12"),
    ("-nodecount=7", "-nodefraction=0.02", "-edgefraction=0.01"),
    ("-trim=false", "-unit=auto"),
    ("-lines",),
    ("-files",),
    ("-filefunctions", "-noinlines"),
    ("-addresses",),
    ("-addresses", "-noinlines"),
    ("-lines", "-showcolumns"),
    ("-mean",),
    ("-drop_negative", "-divide_by=3"),
    ("-sample_index=0", "-compact_labels"),
    ("-focus=work_1|inner_3|alloc_2|serve_4|fib", "-ignore=2$"),
    ("-focus=1", "-relative_percentages", "-nodecount=20"),
    ("-hide=3", "-show=_|main|fib"),
    ("-show_from=_1|fib|std::",),
    ("-prune_from=_2|inner|Server",),
    ("-ignore=libexample", "-focus=opt"),
)
# With one kind, or one format, where they matter.
MORE = (
    ("labels", ("-tagfocus=acme|globex",)),
    ("labels", ("-tagfocus=tenant=acme|globex", "-tagshow=tenant")),
    ("labels", ("-tagfocus=tenant=acme,globex",)),
    ("labels", ("-tagignore=acme", "-taghide=request")),
    ("labels", ("-tagfocus=bytes=1kb:64kb",)),
    ("labels", ("-tagfocus=bytes=64kb:",)),
    ("labels", ("-tagfocus=latency=:2ms",)),
    ("labels", ("-tagignore=1ms:3ms",)),
    ("labels", ("-tagfocus=512b",)),
    ("labels", ("-tagroot=tenant,bytes",)),
    ("labels", ("-tagleaf=request_id,latency", "-unit=ms")),
    ("labels", ("-tagroot=tenant", "-focus=acme", "-tagleaf=bytes")),
    ("labels", ("-tagroot=nothing", "-taghide=.")),
    ("labels", ("-tagroot=,",)),
    ("labels", ("-tagfocus==acme",)),
    ("labels", ("-tagignore==acme", "-tagfocus=bytes=")),
    ("labels", ("-unit=seconds", "-nodecount=100")),
    ("labels", ("-taghide=request|tenant", "-trim=false")),
    ("heap", ("-inuse_objects",)),
    ("heap", ("-alloc_space", "-mean")),
    ("heap", ("-unit=kb", "-sample_index=alloc_space")),
    ("heap", ("-unit=MB", "-nodecount=5")),
    ("contention", ("-contentions",)),
    ("contention", ("-mean_delay",)),
    ("contention", ("-total_delay", "-unit=hours")),
    ("contention", ("-add_comment=added by hand",)),
    ("units", ("-sample_index=widgets",)),
    ("units", ("-sample_index=power", "-unit=gcu")),
    ("units", ("-sample_index=size",)),
    ("units", ("-sample_index=size", "-unit=bytes")),
    ("units", ("-sample_index=events", "-unit=s")),
    ("dropping", ("-all_frames",)),
    ("recursive", ("-call_tree", "-nodecount=30")),
    ("cpu", ("-call_tree", "-nodefraction=0", "-edgefraction=0")),
    ("cpu", ("-buildid=cafe",)),
    ("cxx", ("-trim_path=/home/user",)),
    ("cxx", ("-source_path=/x/user:/y/z",)),
    ("cxx", ("-focus=(?i)SERVER", "-unit=minutes")),
    ("cxx", ("-focus=[[:upper:]]\\w+::\\bhandle",)),
)
WRONG = (
    ("-top", "-focus=("),
    ("-top", "-tagfocus=a=*"),
    ("-top", "-sample_index=nothing"),
    ("-top", "-sample_index=9"),
    ("-top", "-divide_by=0"),
    ("-top", "-flat", "-cum"),
    ("-top", "-tree"),
    ("-top", "-nodecount=many"),
    ("-top", "-unknown"),
    ("-top", "-normalize"),
    ("-peek=no such function",),
    ("-list=no such function",),
    ("-peek=(",),
)

# Several profiles, subtracted and summed up.
SUMS = (
    ("-base", "cpu.pb.gz", "recursive.pb.gz"),
    ("-diff_base", "cpu.pb.gz", "recursive.pb.gz"),
    ("-diff_base", "cpu.pb.gz", "-normalize", "inline.pb.gz"),
    ("cpu.pb.gz", "inline.pb.gz", "cpu.pb.gz"),
    ("-base", "cpu.pb.gz", "cpu.pb.gz"),
    ("-base", "labels.pb.gz", "negative.pb.gz", "labels.pb.gz"),
    ("-diff_base", "cxx.pb.gz", "-drop_negative", "labels.pb.gz"),
    ("bare.pb.gz", "cpu.pb.gz"),
    ("contention.pb.gz", "heap.pb.gz"),
    ("-base", "nosuch", "cpu.pb.gz"),
    ("nosuch", "cpu.pb.gz"),
    ("/bin/true", "cpu.pb.gz"),
)

# What Go 1.19 does another way than today's readers: (what, how to make texts alike, in both).
OLD_READER = (
    # The layout of the time.
    (r"Time: [A-Z][a-z]+ \d+, \d+ at [\d:]+[ap]m \(UTC\)", "Time: T"),
    (r"Time: \d{4}-\d\d-\d\d [\d:]+ UTC", "Time: T"),
    # No line for the page that explains the profile.
    (r"Doc: \S+?(\n|\\l)", ""),
)
# What Go 1.19 does not have: these options (its -buildid wins over the profile's own id); columns, in raw and to tell addresses of "inline" apart; the
# same numbers of places in raw as in the file; samples that are zero, in traces; the layout and sums of
# tags.
OLD_READER_LACKS = ("-showcolumns", "-all_frames", "-buildid=cafe")


def make_profiles(folder):
    for kind in KINDS:
        harness.run(PROFILES, kind, folder / f"{kind}.pb.gz")
    (folder / "home").mkdir(exist_ok=True)
    source = folder / "inline.c"
    source.write_text("".join(f"line {i} of the source\n" for i in range(1, 120)))


def environment(folder):
    return dict(os.environ, TZ="UTC", HOME=str(folder / "home"), PPROF_TMPDIR=str(folder / "home"))


def report(folder, command, words):
    return harness.run(*command, *words, check=False, cwd=folder, env=environment(folder))


def newest_reader():
    tools = sorted(harness_tools(), key=lambda tool: [int(n) for n in tool[0].split(".")])
    if not tools:
        raise harness.Skip("no go tool pprof at hand (tests/go-readers.sh gets some)")
    return tools[-1]


def harness_tools():
    cache = os.environ.get("WEFT_GO_READERS") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "weft-tests")
    for version in ("1.26", "1.27"):
        tool = os.path.join(cache, f"go-{version}", "tool", "pprof")
        if os.access(tool, os.X_OK):
            yield version, tool


def matrix():
    for kind, format_, options in itertools.product(KINDS, FORMATS, OPTIONS):
        if kind == "large" and format_ in ("traces", "raw", "callgrind") and options:
            continue  # Megabytes each; the others of the kind show as much.
        if kind == "negative" and format_ in ("callgrind", "dot") and \
                "-sample_index=0" in options:
            continue  # Many calls of equal weight: numbers of names follow Go's chance.
        yield kind, format_, options
    for (kind, options), format_ in itertools.product(MORE, FORMATS):
        yield kind, format_, options


def part_of(all_words):
    """One in seven, which has no divisor in common with the numbers of kinds, formats and options, so
    that each meets all the others in turn; all, which takes minutes, when WEFT_TESTS_THOROUGH is set."""
    return list(all_words)[::1 if os.environ.get("WEFT_TESTS_THOROUGH") else 7]


def alike(text, rules):
    for pattern, replacement in rules:
        text = re.sub(pattern, replacement, text)
    return text


# What Go sorts by chance: entries of one name and value, as -files and signs make them. Their order may
# differ then, and what follows from it: sums so far, numbers of nodes.
VOLATILE = (
    (r"(?m)^( *\S+ +\S+%) +\S+%( +\S+ +\S+% )", r"\1 SUM\2"),
    (r"\bN\d+|node\d+", "N"),
    (r"\[\d+/(\d+)\]", r"[I/\1]"),
    (r"(?m)^(calls=0 )?[-+*]?(0x)?[0-9a-f]* (\d+)", r"\1ADDRESS \3"),
    (r"(?m)^(cfn|fn|cfl|fl)=\(\d+\).*", r"\1=NUMBER"),
)


def is_volatile(folder, tool, words, wanted):
    return any(report(folder, [tool], words).stdout != wanted for _ in range(12))


def in_any_order(text):
    return "\n".join(sorted(alike(text, VOLATILE).splitlines()))


def difference(wanted, got):
    """The first lines that differ, for people."""
    lines = list(itertools.zip_longest(wanted.splitlines(), got.splitlines()))
    for number, (a, b) in enumerate(lines, 1):
        if a != b:
            return f"line {number}:\n  go:   {a!r}\n  weft: {b!r}"
    return "line ends"


def compare_one(folder, tool, rules, words):
    """What differs, for people; None: nothing."""
    wanted = report(folder, [tool], words)
    got = report(folder, [harness.WEFT, "pprof"], words)
    if bool(wanted.returncode) != bool(got.returncode):
        return (f"{' '.join(words)}: status {wanted.returncode}, ours {got.returncode}: "
                f"{wanted.stderr}{got.stderr}")
    texts = [alike(done.stdout, rules) for done in (wanted, got)]
    if texts[0] == texts[1]:
        return None
    if in_any_order(texts[0]) == in_any_order(texts[1]) and \
            is_volatile(folder, tool, words, wanted.stdout):
        return None
    return f"{' '.join(words)}: " + difference(*texts)


def compare(folder, tool, rules, all_words):
    all_words = list(all_words)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda words: compare_one(folder, tool, rules, words), all_words))
    differences = [text for text in found if text]
    print(f"{len(found)} reports, {len(differences)} differ")
    assert found and not differences, "\n".join(differences[:40])


def test_texts_equal_those_of_the_newest_reader(folder):
    _, tool = newest_reader()
    make_profiles(folder)
    compare(folder, tool, (), ([f"-{format_}", *options, f"{kind}.pb.gz"]
                               for kind, format_, options in part_of(matrix())))


def test_sums_and_differences_equal_those_of_the_newest_reader(folder):
    _, tool = newest_reader()
    make_profiles(folder)
    compare(folder, tool, (), ([f"-{format_}", *words]
                               for format_, words in itertools.product(FORMATS, SUMS)))


# jemalloc's own kind is unknown there; a time that does not fit is taken there as another one.
READ_BY_ONE = {"jemalloc": "weft", "contention-overflow": "go"}


def test_older_kinds_read_as_the_newest_reader_reads_them(folder):
    """Those of the fuzzer's corpus: each is read here as there, or by neither."""
    _, tool = newest_reader()
    kinds = sorted((harness.SOURCE / "tests" / "fuzz" / "corpus" / "legacy").iterdir())
    read = 0
    for path, words in itertools.product(kinds, (("-raw",), ("-traces", "-addresses"))):
        if path.name in ("cpu-handler", "cpu32le") and "-raw" in words:
            continue  # Places of frames that were taken out still have numbers there.
        wanted = report(folder, [tool], [*words, "-symbolize=none", path])
        got = report(folder, [harness.WEFT, "pprof"], [*words, path])
        if path.name in READ_BY_ONE:
            assert [bool(done.returncode) for done in (wanted, got)] == \
                [one != READ_BY_ONE[path.name] for one in ("go", "weft")], path.name
            continue
        # A label of 0 without unit is none in a profile's own format.
        texts = [alike(done.stdout, ((r" +bytes:(\[0\]|  0)\n", ""),)) for done in (wanted, got)]
        assert texts[0] == texts[1], f"{path.name} {words}: " + difference(*texts)
        assert bool(wanted.returncode) == bool(got.returncode), (path.name, wanted, got)
        read += not got.returncode
    assert read > 30, read


# Profiles as reports: what filters leave, read again.
FILTERS = ((), ("-noinlines",), ("-noinlines", "-showcolumns"), ("-focus=1", "-ignore=2"), ("-hide=3",), ("-show_from=_1|inner",),
           ("-tagroot=tenant",), ("-tagfocus=acme",), ("-taghide=tenant",), ("-divide_by=3",),
           ("-sample_index=0",))


def written(folder, command, words, name):
    done = harness.run(*command, *words, f"-output={name}", check=False, cwd=folder,
                       env=environment(folder))
    assert done.returncode == 0, (words, done.stderr)
    return name


def compare_written(folder, tool, format_, words):
    ours = written(folder, [harness.WEFT, "pprof"], [f"-{format_}", *words], "ours.pb.gz")
    wanted = written(folder, [tool], [f"-{format_}", *words], "wanted.pb.gz")
    read_by = [("-traces",), ("-tags",), ("-top", "-lines"), ("-traces", "-sample_index=0"),
               ("-traces", "-addresses", "-showcolumns")]
    if format_ == "topproto":  # Places have the same numbers, too.
        read_by.append(("-raw",))
    for report_words in read_by:
        texts = [report(folder, [tool], [*report_words, name]).stdout for name in (wanted, ours)]
        assert texts[0] == texts[1], f"{format_} {words} {report_words}: " + difference(*texts)


def test_profiles_written_read_as_the_newest_readers_own(folder):
    _, tool = newest_reader()
    make_profiles(folder)
    for kind, options in itertools.product(("labels", "inline", "bare", "empty"), FILTERS):
        compare_written(folder, tool, "proto", [*options, f"{kind}.pb.gz"])
    for kind, options in itertools.product(("cpu", "units", "empty"),
                                           ((), ("-unit=ms",), ("-nodecount=5",))):
        compare_written(folder, tool, "topproto", [*options, f"{kind}.pb.gz"])


def of_program(folder, symbols):
    """A profile with addresses alone, inside functions of the program that makes profiles."""
    table = {fields[2]: int(fields[0], 16) for fields in
             (line.split() for line in harness.run("nm", PROFILES).stdout.splitlines())
             if len(fields) == 3}
    headers = harness.run("readelf", "-lW", PROFILES).stdout
    offset, address, size = [int(number, 16) for number in re.search(
        r"LOAD +(0x\w+) (0x\w+) 0x\w+ (0x\w+) 0x\w+ R E", headers).groups()]
    found = re.search(r"Build ID: (\w+)", harness.run("readelf", "-n", PROFILES).stdout)
    base = 0x555500000000
    samples = [([base + table[name] + at, base + table["main"] + 9], [1, 10000000 * (at + 1)], {})
               for name in symbols for at in (0, 7, 16)]
    path = folder / "program.pb.gz"
    path.write_bytes(pprof_file.encode(
        [("samples", "count"), ("cpu", "nanoseconds")], samples,
        [(base + address, base + address + size, offset, str(PROFILES), found[1] if found else "")]))
    return path


INSTRUCTION = re.compile(r" *(\S+) +(\S+) +([0-9a-f]+): \S")


def test_instructions_have_the_values_of_the_newest_reader(folder):
    """Instructions are written another way there: values, addresses and totals must be the same."""
    _, tool = newest_reader()
    path = of_program(folder, ("weft_pprof_create", "weft_pprof_write"))
    texts = []
    for command in ([tool], [harness.WEFT, "pprof"]):
        text = report(folder, command, ["-disasm=weft_pprof_", path]).stdout
        rows = [INSTRUCTION.match(line) for line in text.splitlines()]
        texts.append(([row.groups() for row in rows if row and row[1] + row[2] != ".."],
                      [line for line in text.splitlines() if "ROUTINE" in line or "Total" in line]))
    assert texts[0] == texts[1], texts
    assert len(texts[0][0]) == 6 and len(texts[0][1]) == 1 + 2 * 2


def test_mistakes_are_refused_with_one_line(folder):
    _, tool = newest_reader()
    make_profiles(folder)
    for words in WRONG:
        assert report(folder, [tool], [*words, "cpu.pb.gz"]).returncode, words
        done = report(folder, [harness.WEFT, "pprof"], [*words, "cpu.pb.gz"])
        assert done.returncode in (1, 2) and not done.stdout, (words, done)
        lines = done.stderr.splitlines()
        assert lines[0].startswith("weft pprof: ") and len(lines) == done.returncode, done.stderr


def test_texts_equal_those_of_debians_reader(folder):
    if not shutil.which("go"):
        raise harness.Skip("no go (package golang-go)")
    tool = harness.run("go", "tool", "-n", "pprof").stdout.strip()
    version = harness.run("go", "version").stdout.split()[2]
    if version != "go1.19.8":
        raise harness.Skip(f"the differences listed here are those of go1.19.8, not {version}")
    make_profiles(folder)
    # A part of the matrix: how places are chosen and summed up is the same code in both readers.
    compare(folder, tool, OLD_READER, (
        [f"-{format_}", *options, f"{kind}.pb.gz"] for kind, format_, options in part_of(matrix())
        if format_ not in ("raw", "tags") and options not in OPTIONS[3::2] and
        not (kind == "inline" and ("-addresses" in options or format_ == "callgrind")) and
        not (kind == "empty" and format_ == "traces") and
        not any(word in OLD_READER_LACKS for word in options)))


if __name__ == "__main__":
    harness.main()
