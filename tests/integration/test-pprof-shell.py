# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""The shell of `weft pprof`: line by line from a pipe as the real `go tool pprof` answers, and at a terminal."""

import contextlib
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import termios
import time

import harness

harness.isolate()

PROFILES = harness.BUILD / "tests" / "programs" / "test-profiles"
PROMPT = "(pprof) "

# Everything that has the same answer in both, mistakes included. Names of files are of the test's own.
SAME = r"""

top
text
top5
text3
top 3
top 3 -cum
top --cum 2
top 2 3
top +3
top 0
top -3
top 2x
top work_1 -work_2
top 4 work_1 work_2 -work_3 -work_4
top nosuch
top a|b
 top1 	
top1 "a b"
top >out1
top > out2
top 2 >
top >out3 >out4
tree 2
tree 3 -cum
peek work_1$
peek
peek nosuch
peek work_1 2
list
list nosuch
list work_1$ -work_6
tags
tags tenant
tags -acme
traces work_19
comments
raw >raw
dot >dot
callgrind >callgrind
focus
focus=work_1
top 3
focus work_2
tagfocus tenant=acme
focus  =  work_1|work_2
top 2
focus = a=b
top 2
focus=work_1 //: with a comment
top 2
focus=work_1//:
top 2
focus=
ignore=work_2
hide=work_3
show=work
show_from=work_4
top 4
tagfocus=acme
top 2
:
show=
show_from=
top 2
cum
cum=true
flat
top 2
flat=true
sort
sort=bad
sort=
sort=cum
top 2
granularity
granularity=bad
granularity=lines
top 2
lines
lines=false
functions=true
trim
trim=maybe
trim=f
trim foo
trim=t
mean
top 2
mean=0
nodecount=4 //: entries
top
tree
nodecount = 7
nodecount
top
nodecount=-1
divide_by=0
top 2
divide_by=2
top 2
divide_by=1
unit=ms
top 2
unit
unit=minimum
drop_negative=1
call_tree=1
call_tree=0
noinlines=y
noinlines=N
relative_percentages=true
top 2 work_1$
relative_percentages=false
samples
top 1
cpu
total_samples
mean_cpu
top 1
mean=false
sample_index
sample_index=samples
top 1
sample_index=1
top 1
tagroot=tenant
top 2
tagroot=
tagfocus=tenant=acme //:
top 1
:
output=out5
top 2
output=
foo
foo=bar
foo bar
foo3
TOP
:a
quit now
top 1
"""
# Where what is told differs, or its words: only whether a mistake is told at all, and how many lines.
OTHER_WORDS = """
nodecount=abc
divide_by=x
sample_index=nope
focus=(
top
focus=
top (
help nosuch
top 1 >/nonexistent/file
"""


def environment(folder):
    home = folder / "home"
    home.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return dict(kept, TZ="UTC", HOME=str(home), PPROF_TMPDIR=str(home), TERM="xterm")


def ask(folder, command, script, kind):
    """Standard output and error of a session with input from a pipe, in the order of writing."""
    place = folder / os.path.basename(str(command[0]))
    place.mkdir(exist_ok=True)
    source = folder / f"{kind}.pb.gz"
    if not source.exists():
        harness.run(PROFILES, kind, source)
    (folder / "script").write_text(script)
    with open(folder / "script", encoding="utf-8") as lines, open(place / "told", "w+",
                                                                 encoding="utf-8") as told:
        process = subprocess.run(
            [str(word) for word in command] + [source], stdin=lines, stdout=told,
            stderr=told, cwd=place, env=environment(folder), timeout=harness.PATIENCE_S)
        assert process.returncode == 0, (command, process.returncode)
        told.seek(0)
        return told.read()


def answers(script, text):
    """Pairs of a line and what was told, from one prompt to the next."""
    told = text.split(PROMPT)
    lines = script.splitlines()
    return [("", told[0])] + list(zip(lines, told[1:]))


def compare(folder, tool, kind, script, rules=()):
    wanted = answers(script, ask(folder, [tool], script, kind))
    got = answers(script, ask(folder, [harness.WEFT, "pprof"], script, kind))
    assert len(wanted) == len(got), (len(wanted), len(got))
    assert len(wanted) > len(script.splitlines()) - 3, "the session ended early"
    for (line, theirs), (_, ours) in zip(wanted, got):
        for pattern, replacement in rules:
            theirs, ours = (re.sub(pattern, replacement, told) for told in (theirs, ours))
        assert theirs == ours, f"{line!r}:\n--- go\n{theirs}\n--- weft\n{ours}"
    for name in ("out1", "out2", "out4", "out5", "raw", "dot", "callgrind"):
        paths = [folder / side / name for side in (os.path.basename(str(tool)), "weft")]
        texts = [path.read_text() if path.exists() else None for path in paths]
        for pattern, replacement in rules:
            texts = [text and re.sub(pattern, replacement, text) for text in texts]
        assert texts[0] == texts[1], name
    assert not (folder / "weft" / "out3").exists(), "a later file takes the place of an earlier one"


def newest_reader():
    for version in ("1.27", "1.26"):
        tool = harness.reader_cache() / f"go-{version}" / "tool" / "pprof"
        if tool.exists():
            return tool
    raise harness.Skip("no go tool pprof of Go 1.26 or later (tests/go-readers.sh gets one)")


def test_answers_equal_those_of_the_newest_reader(folder):
    tool = newest_reader()
    for kind in ("cpu", "labels"):
        compare(folder, tool, kind, SAME)


# What Go 1.19 words another way: the layout of the time; a node that all samples pass is where it is by
# chance; tags have their own layout.
OLD = ((r"Time: [A-Z][a-z]+ \d+, \d+ at [\d:]+[ap]m \(UTC\)", "Time: T"),
       (r"Time: \d{4}-\d\d-\d\d [\d:]+ UTC", "Time: T"), (r"Doc: \S+?(\n|\\l)", ""))


def test_answers_equal_those_of_debians_reader(folder):
    if not shutil.which("go"):
        raise harness.Skip("no go (package golang-go)")
    version = harness.run("go", "version").stdout.split()[2]
    if version != "go1.19.8":
        raise harness.Skip(f"the differences listed here are those of go1.19.8, not {version}")
    tool = harness.run("go", "tool", "-n", "pprof").stdout.strip()
    script = "\n".join(line for line in SAME.splitlines()
                       if not line.startswith(("tags", "raw", "tagroot")))
    compare(folder, tool, "cpu", script, OLD)


def test_mistakes_in_other_words_are_told_as_often(folder):
    tool = newest_reader()
    wanted = answers(OTHER_WORDS, ask(folder, [tool], OTHER_WORDS, "cpu"))
    got = answers(OTHER_WORDS, ask(folder, [harness.WEFT, "pprof"], OTHER_WORDS, "cpu"))
    assert len(wanted) == len(got)
    for (line, theirs), (_, ours) in zip(wanted[1:], got[1:]):
        assert theirs.count("\n") == ours.count("\n"), (line, theirs, ours)


def test_options_are_listed_as_by_the_newest_reader(folder):
    tool = newest_reader()
    script = "o\nfocus=x\nnodecount=3\nlines=1\nsample_index=0\nmean\n options \n"
    # Ours lists source_path as well, has a default for granularity, and lists what else it knows.
    rules = ((r"  (source_path|intel_syntax) +=.*\n", ""),
             (r"\(default\)  ", "functions  "))
    compare(folder, tool, "heap", script, rules)


def test_help_explains_every_command_and_option(folder):
    overview = ask(folder, [harness.WEFT, "pprof"], "help\n", "cpu")
    names = re.findall(r"^ {4,6}([a-z_]+) ", overview, re.M)
    for name in ("top", "list", "peek", "traces", "tags", "focus", "tagfocus", "unit",
                 "sample_index", "cum", "lines", "tree", "granularity"):
        assert name in names, overview
    script = "".join(f"help {name}\n" for name in names)
    for line, told in answers(script, ask(folder, [harness.WEFT, "pprof"], script, "cpu"))[1:]:
        if line:
            assert told.endswith("\n\n") and "Unknown" not in told, (line, told)
    told = ask(folder, [harness.WEFT, "pprof"], "help sample_index\nhelp top\n", "heap")
    assert "[alloc_objects alloc_space inuse_objects inuse_space], or 0 to 3." in told, told
    assert "top [n] [focus_regex]* [-ignore_regex]* [-cum|-flat] [>file] [| command]" in told, told


def test_reports_are_read_by_commands(folder):
    told = ask(folder, [harness.WEFT, "pprof"],
               "top 3 | tail -n 1 | tr a-z A-Z\nraw | head -n 1\ntop 1 | exit 3\ntop |\n"
               "top -flat 1 -main\n", "cpu")
    got = answers("a\nb\nc\nd\ne\n", told)
    assert re.fullmatch(r" +\S+ +\S+ +\S+ +\S+ +\S+ +WORK_\d+\n", got[1][1]), got[1]
    assert got[2][1] == "PeriodType: cpu nanoseconds\n", got[2]
    assert got[3][1] == "" and got[4][1] == "unexpected end of line after |\n", got[3:5]
    assert "ignore=main" in got[5][1] and "work_" not in got[5][1], got[5]


def test_browsers_are_given_what_they_show(folder):
    if not shutil.which("dot"):
        raise harness.Skip("no dot (package graphviz)")
    browser = folder / "browser"
    browser.write_text("#!/bin/sh\ncp \"$1\" seen.part && mv seen.part seen\n")
    browser.chmod(0o755)
    with terminal(folder, "recursive", BROWSER=browser) as shell:
        shell.read_until(r"\(pprof\) $")
        shown = shell.ask("web fib")
        path = re.search(r"Generating report in (\S+\.svg)", shown)[1]
        harness.wait_for((folder / "seen").exists, "the browser")
        assert "<svg" in (folder / "seen").read_text() and os.path.exists(path)
        assert "Generating report in kept" in shell.ask("web >kept")
        assert "<svg" in (folder / "kept").read_text()
        shell.type("quit\r")
        assert shell.wait() == 0
    assert not os.path.exists(os.path.dirname(path)), "the session's reports go with it"
    with terminal(folder, "recursive") as shell:
        shell.read_until(r"\(pprof\) $")
        shown = shell.ask("web")
        assert "no browser can be started here" in shown and "'>FILE' keeps" in shown, shown


VIEWERS = (("eog", b"<?xml", []), ("evince", b"%PDF", []), ("gv", b"%!PS", ["--noantialias"]),
           ("kcachegrind", b"positions: instr line\n", []))


def test_viewers_are_given_what_they_show(folder):
    if not shutil.which("dot"):
        raise harness.Skip("no dot (package graphviz)")
    source, programs = folder / "recursive.pb.gz", folder / "programs"
    harness.run(PROFILES, "recursive", source)
    programs.mkdir()
    for name in ("eog", "evince", "gv", "kcachegrind", "browser", "own-browser"):
        (programs / name).write_text(
            "#!/bin/sh\nsleep 0.1; for last; do :; done; cp \"$last\" seen.part; echo \"$@\" >words\n"
            "mv seen.part seen\n")
        (programs / name).chmod(0o755)
    (folder / "tmp").mkdir()
    place = dict(environment(folder), PATH=f"{programs}:{os.environ['PATH']}", TMPDIR=folder / "tmp")
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        place.pop(name, None)

    def run(*words, **variables):
        (folder / "seen").unlink(missing_ok=True)
        return harness.weft("pprof", *words, source, check=False, cwd=folder,
                            env=dict(place, **variables))

    for name, start, options in VIEWERS:
        done = run(f"-{name}", "-focus=fib")
        path = re.fullmatch(rf"Generating report in ({folder}/tmp/\S+)\n", done.stderr)[1]
        # It was waited for, and what it was given is gone.
        assert done.returncode == 0 and done.stdout == "" and not os.path.exists(os.path.dirname(path))
        assert (folder / "seen").read_bytes().startswith(start), name
        assert (folder / "words").read_text().split() == [*options, path]
        done = run(f"-{name}", "-output=kept")
        assert done.returncode == 0 and (folder / "kept").read_bytes().startswith(start)
        assert not (folder / "seen").exists(), "a file is what was asked for"
        (programs / name).unlink()
        done = run(f"-{name}", PATH=f"{programs}:/usr/bin:/bin")
        if not shutil.which(name):
            assert done.returncode == 1 and re.search(
                f"there is no program '{name}': install it; -output=FILE keeps the report", done.stderr)
    done = run("-web", BROWSER=str(programs / "own-browser"))
    path = re.search(r"The browser shows (\S+\.svg), which stays there\.", done.stderr)[1]
    harness.wait_for((folder / "seen").exists, "the browser")
    assert (folder / "seen").read_bytes() == open(path, "rb").read() and b"<svg" in open(path, "rb").read()
    done = run("-web", TMPDIR="/nonexistent")
    assert done.returncode == 1 and "cannot make a folder in /nonexistent (see TMPDIR)" in done.stderr
    done = run("-web")
    assert done.returncode == 1 and "no browser can be started here" in done.stderr, done.stderr
    for words, text in ((("-web", "-gv"), "at most one output format: -web, -gv"),
                        (("-evince", "-top"), "at most one output format: -evince, -top"),
                        (("-web", "-http=:0"), "leave -web out"), (("-gv=maybe",), "neither true nor false")):
        done = run(*words)
        assert done.returncode == 2 and text in done.stderr, (words, done.stderr)
    assert "flat%" in run("-web=false", "-top").stdout


# ---- What was typed before ----


def history(folder):
    return folder / "home" / ".local" / "state" / "weft" / "pprof-history"


def test_lines_are_recalled_in_the_next_session(folder):
    for line in ("peek work_62$", "top 1"):
        with terminal(folder, "cpu") as shell:
            shell.read_until(r"\(pprof\) $")
            shell.ask(line)
            os.kill(shell.pid, signal.SIGKILL)  # What was typed is kept at once.
            shell.wait()
    with terminal(folder, "cpu") as shell:
        shell.read_until(r"\(pprof\) $")
        shell.type("\x1b[A\x1b[A")
        shell.read_until(r"peek work_62\$$")
        assert "| work_62" in shell.ask("")
        shell.type("\x04")
        assert shell.wait() == 0
    assert history(folder).read_text() == "peek work_62$\ntop 1\npeek work_62$\n"
    assert history(folder).stat().st_mode & 0o777 == 0o600
    assert history(folder).parent.stat().st_mode & 0o777 == 0o700


def test_damaged_history_does_no_harm(folder):
    def session():
        with terminal(folder, "cpu") as shell:
            shell.read_until(r"\(pprof\) $")
            shell.type("\x1b[A")
            shown = shell.ask("\x15top 1")
            assert "Showing top 1 nodes" in shown, shown
            shell.type("quit\r")
            assert shell.wait() == 0
            return shown

    file = history(folder)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"top 9\n" + bytes(range(256)) * 50 + b"\n\x1b[31mred\n\xff\xfe\n" + b"x" * 70000)
    session()
    # It does not grow for ever: the last lines stay.
    file.write_text("".join(f"peek work_{i}$\n" for i in range(100000)))
    session()
    lines = file.read_text().splitlines()
    assert lines[-3:] == ["peek work_99999$", "top 1", "quit"] and lines[0].startswith("peek work_")
    assert file.stat().st_size < 1 << 17 and file.stat().st_mode & 0o777 == 0o600
    file.unlink()
    os.mkfifo(file)  # Nobody waits for the other end.
    session()
    file.unlink()
    file.mkdir()
    session()
    shutil.rmtree(folder / "home" / ".local")
    (folder / "home" / ".local").write_text("no folder")
    session()


def test_pictures_and_profiles_get_names_of_their_own(folder):
    if not shutil.which("dot"):
        raise harness.Skip("no dot (package graphviz)")
    told = ask(folder, [harness.WEFT, "pprof"], "svg fib\nsvg\npng 3\npdf 3\nproto\n"
               "svg >mine\n", "recursive")
    for name, start in (("profile001.svg", b"<?xml"), ("profile002.svg", b"<?xml"),
                        ("profile001.png", b"\x89PNG"), ("profile001.pdf", b"%PDF"),
                        ("profile001.pb.gz", b"\x1f\x8b"), ("mine", b"<?xml")):
        assert f"Generating report in {name}\n" in told, told
        assert (folder / "weft" / name).read_bytes().startswith(start), name


FAIL = harness.BUILD / "tests" / "programs" / "libfail-allocation.so"
FEW = "dot 9\ncallgrind\ntop 2 _ -main\nfocus=_1\npeek _1\no\nhelp top\n:\nsamples\ntags\ntop3 -cum\n"


def test_out_of_memory_is_told_and_survived(folder):
    if harness.SANITIZED:
        raise harness.Skip("the sanitizers bring an allocator of their own")
    source, report, script = folder / "labels.pb.gz", folder / "report", folder / "script"
    harness.run(PROFILES, "labels", source)
    script.write_text(FEW)

    def attempt(fail_at):
        report.unlink(missing_ok=True)
        with open(script, encoding="utf-8") as lines:
            done = harness.weft("pprof", source, check=False, stdin=lines, env=dict(
                environment(folder), LD_PRELOAD=str(FAIL), FAIL_AT=str(fail_at),
                FAIL_REPORT=str(report)))
        return done, *map(int, report.read_text().split())

    good, count, live_before = attempt(0)
    assert good.returncode == 0
    told = 0
    for fail_at in range(1, count + 1, max(1, count // 80)):
        done, _, live = attempt(fail_at)
        context = f"allocation {fail_at} of {count}: status {done.returncode}\n{done.stderr}"
        assert live <= live_before, f"{live - live_before} blocks lost, {context}"
        assert done.returncode in (0, 1, 2), context
        if done.returncode or done.stdout != good.stdout:
            told += 1
            assert "emory" in done.stderr, context
    assert told > 10, told


# ---- At a terminal ----


class Terminal:
    """The shell at a pseudo terminal."""

    def __init__(self, folder, words, variables):
        told = {name: str(value) for name, value in variables.items()}
        place = {name: value for name, value in environment(folder).items()
                 if name not in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(harness.WEFT, [str(harness.WEFT), "pprof", *map(str, words)],
                      dict(place, **told))
        self.seen = ""

    def type(self, keys):
        # libedit shows its prompt before it takes keys one by one; what is typed between is lost in part.
        harness.wait_for(lambda: not termios.tcgetattr(self.fd)[3] & termios.ICANON,
                         "the shell to take keys")
        os.write(self.fd, keys.encode())

    def read_until(self, pattern):
        """What was shown up to and with the pattern, without what moves the cursor."""
        deadline = time.monotonic() + harness.PATIENCE_S
        while True:
            shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r", "", self.seen)
            match = re.search(pattern, shown)
            if match:
                self.seen = ""
                return shown[:match.end()]
            assert time.monotonic() < deadline, f"waited for {pattern!r}: {shown!r}"
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    self.seen += os.read(self.fd, 65536).decode(errors="replace")
                except OSError:
                    raise AssertionError(f"it ended: {shown!r}") from None

    def ask(self, line, pattern=r"\n\(pprof\) $"):
        self.type(line + "\r")
        return self.read_until(pattern)

    def wait(self):
        """Reads what is left; the exit status."""
        deadline = time.monotonic() + harness.PATIENCE_S
        with contextlib.suppress(OSError):
            while True:
                assert time.monotonic() < deadline, f"it did not end: {self.seen!r}"
                if select.select([self.fd], [], [], 0.2)[0]:
                    piece = os.read(self.fd, 65536)
                    self.seen += piece.decode(errors="replace")
                    if not piece:
                        break
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def close(self):
        os.close(self.fd)


@contextlib.contextmanager
def terminal(folder, kind, **variables):
    harness.run(PROFILES, kind, folder / f"{kind}.pb.gz")
    shell = Terminal(folder, [folder / f"{kind}.pb.gz"], variables)
    try:
        yield shell
    finally:
        shell.close()


# Every command of the specification's table of the shell, and what its answer shows.
TABLE = (
    ("top 2", r"Showing top 2 nodes"),
    ("top -cum", r"100%  main"),
    ("top -flat", r"flat  flat%"),
    ("list work_1$", r"no matches found for regexp: work_1\$"),
    ("list work_10", r"ROUTINE =+ work_10 in"),
    ("peek work_10", r"\| work_10"),
    ("traces work_19", r"-----------\+-----"),
    ("tags", r"\(pprof\)"),
    ("disasm work_10", r"no matches found for regexp: work_10"),  # There is no such binary.
    ("weblist work_10", r"no matches found for regexp: work_10"),
    ("disasm", r"command disasm requires an argument"),
    ("weblist", r"command weblist requires an argument"),
    ("tagfocus=k=v", r"\(pprof\)"),
    ("top 1", r"TagFocus expression matched no samples"),
    (":", r"\(pprof\)"),
    ("sample_index=samples", r"\(pprof\)"),
    ("unit=ms", r"\(pprof\)"),
    ("help", r"q/quit/exit/\^D"),
    ("nosuch", r'unrecognized command: "nosuch"'),
    ("list", r"command list requires an argument"),
    ("sample_index=nosuch", r"must be one of: \[samples cpu\]"),
)


def test_every_command_of_the_table_works_at_a_terminal(folder):
    with terminal(folder, "cpu") as shell:
        greeting = shell.read_until(r"\(pprof\) $")
        assert 'Entering interactive mode (type "help" for commands, "o" for options)' in greeting
        for line, pattern in TABLE:
            shown = shell.ask(line)
            assert re.search(pattern, shown), (line, shown)
        shell.type("quit\r")
        assert shell.wait() == 0


def test_keys_edit_complete_and_recall_lines(folder):
    with terminal(folder, "cpu") as shell:
        shell.read_until(r"\(pprof\) $")
        # One command, one function with that in its name: they are completed.
        assert "| work_62" in shell.ask("pee\t ork_62\t$")
        shell.type("\x1b[A")  # The line before.
        shell.read_until(r"peek work_62\$$")
        shell.type("\x03")  # Given up, and nothing is done.
        assert "^C" in shell.read_until(r"\n\(pprof\) $")
        shell.type("tag\t")  # Several: they are listed.
        shown = shell.read_until(r"\(pprof\) tag$")
        for name in ("tags", "tagfocus", "tagroot"):
            assert f"\n{name}\n" in shown, shown
        shell.type("\x15so\trt=c\t")
        shell.read_until("sort=cum$")
        assert "main" in shell.ask("\x15top 1 -cum")
        shell.type("sample_index=sa\t")
        shell.read_until("sample_index=samples$")
        shell.ask("")
        assert "sample_index              = samples" in shell.ask("o")
        shell.type("\x04")
        assert shell.wait() == 0


def test_input_ends_without_a_newline(folder):
    told = ask(folder, [harness.WEFT, "pprof"], "top 1\ntop 2", "cpu")
    assert told.count("Showing top 1 nodes") == 1 and "Showing top 2 nodes" in told, told


if __name__ == "__main__":
    harness.main()
