# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""weft symbolize: names of real programs' addresses, beside what other symbolizers say."""

import contextlib
import gzip
import http.server
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import threading

import harness
import pprof_file

PROGRAM = pathlib.Path(__file__).resolve().parent / "programs" / "symbols.cc"
LOADED_AT = 0x7F0000000000
TYPES = [("samples", "count")]


def tool(name, package):
    path = shutil.which(name)
    if not path:
        raise harness.Skip(f"{name} is not installed (package {package})")
    return path


def build(folder, *flags, name="program", compiler="g++", is_relative=False):
    path = folder / name
    source = PROGRAM
    if is_relative:
        source = PROGRAM.name
        shutil.copy(PROGRAM, folder)
    harness.run(tool(compiler, compiler), "-g", "-O2", "-Wl,--build-id=sha1", source, "-o", path,
                *flags, "-ldl", cwd=folder)
    return path


def load(path, build_id=None):
    """Mappings of a file as if loaded: its executable segments, on whole pages."""
    mappings = []
    is_fixed = "EXEC (" in harness.run("readelf", "-hW", path).stdout
    for line in harness.run("readelf", "-lW", path).stdout.splitlines():
        words = line.split()
        if words and words[0] == "LOAD" and "E" in words[6:-1]:
            offset, address, size = (int(words[at], 16) for at in (1, 2, 5))
            page = offset & 0xFFF
            start = (0 if is_fixed else LOADED_AT) + address - page
            limit = (start + page + size + 0xFFF) & ~0xFFF
            mappings.append((start, limit, offset - page, str(path),
                             pprof_file.build_id(path) if build_id is None else build_id))
    return mappings, 0 if is_fixed else LOADED_AT


def code_addresses(path, wanted="", step=3):
    """Addresses in the file, inside of functions whose readable name has `wanted` in it."""
    addresses = set()
    for line in harness.run("nm", "-SC", "--defined-only", path).stdout.splitlines():
        words = line.split(None, 3)
        if len(words) == 4 and words[2] in "tTwW" and wanted in words[3]:
            begin = int(words[0], 16)
            addresses.update(range(begin, begin + int(words[1], 16), step))
    assert addresses, f"{path} has no function called {wanted}"
    return sorted(addresses)


def raw(path, addresses, **options):
    mappings, base = load(path, **options)
    return pprof_file.encode(TYPES, [((address + base,), (1,), {}) for address in addresses],
                             mappings)


def symbolize(folder, profile, *options, **run_options):
    """The profile that comes out, as pprof_file.decode() tells it."""
    given, made = folder / "raw.pb", folder / "complete.pb.gz"
    given.write_bytes(profile)
    harness.weft("symbolize", *options, "-o", made, given, **run_options)
    return pprof_file.decode(made.read_bytes())


def chains(profile, base=0):
    """Address in the file: [(system name, file, line), ...], innermost first."""
    return {place["address"] - base:
            [(function["system_name"], os.path.normpath(function["file"] or "?"), line)
             for function, line in place["lines"]] for place in profile["locations"].values()}


def peer_chains(argv, path, addresses):
    """As chains(), by another symbolizer that prints as addr2line -aif does."""
    text = harness.run(*argv, path, input="\n".join(map(hex, addresses)) + "\n", stdin=None).stdout
    found = {}
    lines = iter(text.splitlines())
    chain = []
    for line in lines:
        if re.fullmatch(r"0x[0-9a-f]+", line):
            chain = found.setdefault(int(line, 16), [])
        else:
            place = re.sub(r" \(discriminator \d+\)$", "", next(lines))
            file, _, number = place.rpartition(":")
            chain.append((line, os.path.normpath(file), int(number) if number.isdigit() else 0))
    return found


def comparable(chain):
    """Without what is no difference: clones of functions, kinds of constructors, unknown files."""
    return [(re.sub(r"CI?[12]|D[012]", "", re.sub(r"\.(cold|part|constprop|isra).*", "", name)),
             file if line else "?", line) for name, file, line in chain]


def differences(ours, theirs):
    return {hex(address): (ours.get(address), chain) for address, chain in theirs.items()
            if comparable(ours.get(address, [])) != comparable(chain)}


BUILDS = {
    "gcc": {},
    "not position-independent": {"flags": ["-no-pie"]},
    "static": {"flags": ["-static"], "wanted": "story::"},
    "without optimisation": {"flags": ["-O0"]},
    "DWARF 4": {"flags": ["-gdwarf-4"]},
    "compressed": {"flags": ["-gz"]},
    "split": {"flags": ["-gsplit-dwarf"]},
    "optimised at link time": {"flags": ["-flto", "-O3"]},
    "clang": {"compiler": "clang++"},
    "relative path": {"is_relative": True},
    "clang, relative path": {"compiler": "clang++", "is_relative": True},
    "clang, DWARF 4, split": {"compiler": "clang++", "flags": ["-gdwarf-4", "-gsplit-dwarf"]},
}


def test_chains_equal_those_of_llvm_symbolizer(folder):
    peer = [tool("llvm-symbolizer", "llvm"), "--output-style=GNU", "-a", "-f", "-i", "--no-demangle",
            "-e"]
    for name, how in BUILDS.items():
        path = build(folder, *how.get("flags", []), compiler=how.get("compiler", "g++"),
                     is_relative=how.get("is_relative", False))
        addresses = code_addresses(path, how.get("wanted", "story::"))
        found = chains(symbolize(folder, raw(path, addresses)), load(path)[1])
        wrong = differences(found, peer_chains(peer, path, addresses))
        assert not wrong, f"{name}: {len(wrong)} of {len(addresses)} differ: {list(wrong.items())[:3]}"
        is_inlined = any(len(chain) > 3 for chain in found.values())
        assert is_inlined != (name == "without optimisation"), name


def test_files_and_lines_equal_those_of_addr2line(folder):
    peer = [tool("addr2line", "binutils"), "-aif", "-e"]
    path = build(folder)
    addresses = code_addresses(path, "story::")
    ours = chains(symbolize(folder, raw(path, addresses)), LOADED_AT)
    theirs = peer_chains(peer, path, addresses)
    wrong = [hex(address) for address in addresses
             if [frame[1:] for frame in comparable(ours[address])]
             != [frame[1:] for frame in comparable(theirs[address])]]
    assert not wrong, wrong[:5]


def test_a_profile_says_what_its_mappings_have(folder):
    path = build(folder)
    profile = symbolize(folder, raw(path, code_addresses(path, "story::")))
    assert [m["has"] for m in profile["mappings"].values()] == [(True,) * 4]
    assert profile["comments"] == [], profile["comments"]
    found = {function["name"]: function for place in profile["locations"].values()
             for function, _ in place["lines"]}
    method = found["story::Box<double>::method"]
    assert method["system_name"] == "_ZNK5story3BoxIdE6methodEi", method
    line = next(number for number, text in enumerate(PROGRAM.read_text().splitlines(), 1)
                if "int method(int factor)" in text)
    assert (method["file"], method["start_line"]) == (str(PROGRAM), line), method
    addresses = code_addresses(path, "__implementation_of_renamed")
    shown = {(function["name"], function["system_name"]) for place in symbolize(
        folder, raw(path, addresses))["locations"].values() for function, _ in place["lines"]}
    assert shown == {("renamed", "__implementation_of_renamed")}, shown
    # One is called, the others inlined: only the former has a name for linkers.
    for name in ("(anonymous namespace)::hidden", "(anonymous namespace)::factorial",
                 "tell::{lambda#1}::operator()"):
        assert f"story::{name}" in found, name
    for name in ("hidden", "factorial", "operator()", "twice"):
        assert name not in found, name


def test_go_tool_pprof_shows_the_names_without_the_program(folder):
    tools = sorted(harness.reader_cache().glob("go-1.*/tool/pprof"))
    if not tools:
        raise harness.Skip("no go tool pprof (tests/go-readers.sh gets it from Debian's packages)")
    path = build(folder)
    symbolize(folder, raw(path, code_addresses(path, "story::tell")))
    path.unlink()
    for tool in tools:
        text = harness.run(tool, "-text", "-nodecount=1000", folder / "complete.pb.gz").stdout
        assert " story::tell" in text and "(inline)" in text, (tool, text[:500])
        assert " 0x" not in text, (tool, text[:500])


def test_a_file_may_be_mapped_many_times(folder):
    """As in profiles of many processes: each mapping has names, and one of the files has none."""
    path = build(folder)
    places = code_addresses(path, "story::tell")[:50]
    start, limit, offset, file, number = load(path)[0][0]
    step = 1 << 32
    mappings = [(start + step * n, limit + step * n, offset, file,
                 "ab" * 20 if n == 7 else number) for n in range(60)]
    profile = symbolize(folder, pprof_file.encode(
        TYPES, [((place + LOADED_AT + step * n,), (1,), {}) for n in range(60) for place in places],
        mappings))
    has = [m["has"] for m in profile["mappings"].values()]
    assert has == [(n != 7,) * 4 for n in range(60)], has
    assert len(profile["comments"]) == 1, profile["comments"]


def names_of(folder, path, *options, wanted="story::", addresses=None, **how):
    profile = symbolize(folder, raw(path, addresses or code_addresses(how.pop("like", path), wanted),
                                    **how), *options)
    names = {function["name"] for place in profile["locations"].values()
             for function, _ in place["lines"]}
    return profile, names


def split_off(folder, path):
    """Strips a copy; returns it and the debug file."""
    debug, stripped = folder / "program.debug", folder / "stripped"
    harness.run("objcopy", "--only-keep-debug", path, debug)
    harness.run("strip", "-o", stripped, path)
    return stripped, debug


def test_a_debug_file_is_found_by_its_link(folder):
    path = build(folder, "-rdynamic")
    for place in ("", ".debug"):
        (folder / place).mkdir(exist_ok=True)
        stripped, debug = split_off(folder, path)
        harness.run("objcopy", f"--add-gnu-debuglink={debug}", stripped)
        if place:
            debug.rename(folder / place / debug.name)
        profile, _ = names_of(folder, stripped, like=path)
        expected = chains(symbolize(folder, raw(path, code_addresses(path, "story::"))))
        assert chains(profile) == expected, place


def test_a_debug_file_without_build_id_is_known_by_its_checksum(folder):
    path = build(folder, "-Wl,--build-id=none")
    stripped, debug = split_off(folder, path)
    harness.run("objcopy", f"--add-gnu-debuglink={debug}", stripped)
    _, names = names_of(folder, stripped, like=path)
    assert "story::tell" in names
    with debug.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)[0]
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last ^ 1]))
    _, names = names_of(folder, stripped, like=path)
    assert "story::tell" not in names


def test_a_debug_file_is_found_by_build_id(folder):
    if os.geteuid() != 0:
        raise harness.Skip("needs root, to cover /usr/lib/debug in a mount namespace of its own")
    path = build(folder)
    stripped, debug = split_off(folder, path)
    number = pprof_file.build_id(path)
    store = folder / "store" / ".build-id" / number[:2]
    store.mkdir(parents=True)
    debug.rename(store / f"{number[2:]}.debug")
    (folder / "raw.pb").write_bytes(raw(stripped, code_addresses(path, "story::")))
    pathlib.Path("/usr/lib/debug").mkdir(exist_ok=True)
    harness.run("unshare", "--mount", "sh", "-ec", 'mount --bind "$1" /usr/lib/debug; shift; exec "$@"',
                "sh", folder / "store", harness.WEFT, "symbolize", "-o", folder / "out",
                folder / "raw.pb")
    assert pprof_file.decode((folder / "out").read_bytes())["mappings"][1]["has"] == (True,) * 4


def test_stripped_files_give_the_names_that_they_export(folder):
    path = build(folder, "-rdynamic")
    stripped, _ = split_off(folder, path)
    profile, names = names_of(folder, stripped, like=path)
    assert "story::tell" in names and "story::(anonymous namespace)::hidden" not in names
    assert profile["mappings"][1]["has"] == (True, False, False, False)


def test_embedded_symbol_tables_are_read(folder):
    """.gnu_debugdata, as Fedora's programs have it."""
    tool("xz", "xz-utils")
    path = build(folder)
    stripped, debug = split_off(folder, path)
    harness.run("objcopy", "-S", "--remove-section=.debug*", path, folder / "mini")
    harness.run("objcopy", "--strip-debug", debug, folder / "mini")
    harness.run("xz", folder / "mini")
    harness.run("objcopy", f"--add-section=.gnu_debugdata={folder / 'mini.xz'}", stripped)
    _, names = names_of(folder, stripped, like=path)
    assert "story::(anonymous namespace)::hidden" in names


def test_plt_entries_of_other_libraries_functions_are_named(folder):
    for compiler in ("g++", "clang++"):
        for flags in (["-no-pie"], ["-fcf-protection=full"], ["-Wl,-z,now"]):
            path = build(folder, *flags, compiler=compiler)
            text = harness.run("objdump", "-d", path).stdout
            entries = {int(address, 16): name for address, name in re.findall(
                r"^([0-9a-f]{16}) <([A-Za-z0-9_]+@plt)>:$", text, re.M)}
            assert any(name == "rand@plt" for name in entries.values()), entries
            found = chains(symbolize(folder, raw(path, sorted(entries))), load(path)[1])
            named = {address: found[address][0][0] for address in entries if found[address]}
            assert named == entries, (flags, named, entries)


def test_a_file_with_another_build_id_is_not_used(folder):
    path = build(folder)
    other = "0123456789abcdef0123456789abcdef01234567"
    profile, names = names_of(folder, path, build_id=other)
    assert not names, names
    assert profile["mappings"][1]["has"] == (False,) * 4
    assert profile["comments"] == [
        f"symbols: '{path}' is another file: build id {pprof_file.build_id(path)}, wanted {other}"]


def test_a_missing_file_is_said_once(folder):
    profile = symbolize(folder, pprof_file.encode(
        TYPES, [((0x1010, 0x1020), (1,), {}), ((0x5010,), (1,), {})],
        [(0x1000, 0x2000, 0, "/nonexistent/x.so", ""), (0x5000, 0x6000, 0, "[heap]", "")]))
    assert profile["comments"] == [
        "symbols: cannot open '/nonexistent/x.so': No such file or directory"]


# ---- Running processes ----


@contextlib.contextmanager
def running(path, *argv, **options):
    """The program at work; yields its id and mappings, with build ids."""
    with harness.started(path, *argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                         **options) as process:
        assert process.stdout.readline().startswith("ready"), path
        text = pathlib.Path(f"/proc/{process.pid}/maps").read_text()
        yield process.pid, pprof_file.read_maps(text)


def in_process(path, mappings, symbol, build_id=""):
    """Where a function is in the process, and the mapping with its build id."""
    index, mapping = next((at, m) for at, m in enumerate(mappings) if m[3].startswith(str(path)))
    text = harness.run("nm", path).stdout
    address = int(re.search(rf"^([0-9a-f]+) \w {symbol}$", text, re.M)[1], 16)
    header = load(path)[0][0]
    mappings[index] = (*mapping[:4], build_id or pprof_file.build_id(path))
    return address - (header[0] - LOADED_AT) + mapping[0]


def test_deleted_files_of_a_living_process_are_found(folder):
    path = build(folder)
    plugin = build(folder, "-shared", "-fPIC", name="plugin.so")
    with running(path, plugin) as (pid, mappings):
        places = [in_process(path, mappings, "main"),
                  in_process(plugin, mappings, "_ZN5story4tellEi")]
        path.unlink()
        plugin.unlink()
        profile = pprof_file.encode(TYPES, [((place,), (1,), {}) for place in places], mappings)
        found = [chain[0][0] for chain in chains(symbolize(folder, profile, "--pid", pid)).values()
                 if chain]
        wanted = ["main", "_ZN5story4tellEi"]
        # The kernel shows mapped files that are gone to root only.
        assert found == (wanted if os.geteuid() == 0 else wanted[:1]), found
    gone = symbolize(folder, profile)
    assert not any(chains(gone).values()), "found without the process"
    assert len(gone["comments"]) == 2, gone["comments"]


def test_files_of_another_mount_namespace_are_found(folder):
    if os.geteuid() != 0:
        raise harness.Skip("needs root, to make a mount namespace")
    path = build(folder)
    hidden = folder / "hidden"
    hidden.mkdir()
    script = f'mount -t tmpfs none {hidden}; cp {path} {hidden}/inside; exec {hidden}/inside'
    with running("unshare", "--mount", "sh", "-ec", script) as (pid, mappings):
        assert not (hidden / "inside").exists()
        text = harness.run("nm", path).stdout
        address = int(re.search(r"^([0-9a-f]+) T main$", text, re.M)[1], 16)
        mapping = next(m for m in mappings if m[3] == f"{hidden}/inside")
        place = address - (load(path)[0][0][0] - LOADED_AT) + mapping[0]
        profile = pprof_file.encode(TYPES, [((place,), (1,), {})],
                                    [(*mapping[:4], pprof_file.build_id(path))])
        # Not by its link to the program, which the kernel has for the program only.
        found = chains(symbolize(folder, profile, "--pid", pid))
        assert found[place][0][0] == "main", found


def vdso_build_id():
    """Of the kernel's page of code in this process."""
    for line in open("/proc/self/maps", encoding="utf-8"):
        if line.rstrip().endswith("[vdso]"):
            start, limit = (int(word, 16) for word in line.split()[0].split("-"))
            with open("/proc/self/mem", "rb", buffering=0) as memory:
                memory.seek(start)
                content = memory.read(limit - start)
            at = content.find(b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0")
            return content, content[at + 16:at + 36].hex() if at >= 0 else ""
    raise harness.Skip("there is no vdso here")


def test_functions_of_the_kernels_page_are_named(folder):
    content, number = vdso_build_id()
    if not number:
        raise harness.Skip("this kernel's vdso has no build id")
    image = folder / "vdso"
    image.write_bytes(content)
    text = harness.run("readelf", "-W", "--dyn-syms", image).stdout
    address = int(re.search(r"^ *\d+: ([0-9a-f]+).* FUNC .*clock_gettime@", text, re.M)[1], 16)
    for wanted, has in ((number, True), ("00" * 20, False)):
        profile = symbolize(folder, pprof_file.encode(
            TYPES, [((0x7FFF00000000 + address,), (1,), {})],
            [(0x7FFF00000000, 0x7FFF00002000, 0, "[vdso]", wanted)]))
        assert profile["mappings"][1]["has"] == (has, False, False, False), (wanted, profile)


# ---- debuginfod ----


class DebugServer(http.server.ThreadingHTTPServer):
    """Answers /buildid/ID/debuginfo with one file, or never."""

    def __init__(self, content):
        self.content = content
        self.asked = []
        self.released = threading.Event()
        super().__init__(("127.0.0.1", 0), DebugHandler)


class DebugHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # noqa: N802: the library's name.
        self.server.asked.append(self.path)
        if self.server.content is None:
            self.server.released.wait(harness.PATIENCE_S)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def debug_server(folder, content):
    if not any(pathlib.Path(place).glob("libdebuginfod.so.1")
               for place in ("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib")):
        raise harness.Skip("libdebuginfod is not installed (package libdebuginfod1)")
    server = DebugServer(content)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = dict(os.environ, DEBUGINFOD_CACHE_PATH=str(folder / "cache"),
                       DEBUGINFOD_URLS=f"http://127.0.0.1:{server.server_port}/")
    try:
        yield server, environment
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()


def test_debug_servers_are_asked_only_when_told_to(folder):
    path = build(folder)
    stripped, debug = split_off(folder, path)
    profile = raw(stripped, code_addresses(path, "story::tell"))
    content = debug.read_bytes()
    debug.unlink()
    with debug_server(folder, content) as (server, environment):
        plain = symbolize(folder, profile, env=environment)
        assert not server.asked and not any(plain["mappings"][1]["has"][1:]), server.asked
        asked = symbolize(folder, profile, "--debuginfod", env=environment)
        assert server.asked == [f"/buildid/{pprof_file.build_id(path)}/debuginfo"], server.asked
        assert asked["mappings"][1]["has"] == (True,) * 4


def test_a_search_that_dies_or_hangs_leaves_the_profile(folder):
    path = build(folder)
    stripped, debug = split_off(folder, path)
    debug.unlink()
    given, made = folder / "raw.pb", folder / "out"
    given.write_bytes(raw(stripped, code_addresses(path, "story::tell")))
    with debug_server(folder, None) as (server, environment):
        with harness.started(harness.WEFT, "symbolize", "--debuginfod", "-o", made, given,
                             stderr=subprocess.PIPE, text=True, env=environment) as process:
            harness.wait_for(lambda: server.asked, "the server to be asked")
            children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
            os.kill(int(children.read_text().split()[0]), signal.SIGABRT)
            _, said = process.communicate(timeout=harness.PATIENCE_S)
        assert process.returncode == 0, said
        assert "no names: looking them up ended by signal 6 (Aborted)" in said, said
        profile = pprof_file.decode(made.read_bytes())
        assert profile["comments"] == [
            "symbols: no names: looking them up ended by signal 6 (Aborted)"]
        assert len(profile["locations"]) == len(code_addresses(path, "story::tell"))
        done = harness.weft("symbolize", "--debuginfod", "--timeout", 1, "-o", made, given,
                            env=environment)
        assert "no names: looking them up took longer than 1 s" in done.stderr, done.stderr


# ---- Damage, wrong use ----


def test_damaged_files_cost_names_only(folder):
    path = build(folder)
    whole = path.read_bytes()
    profile = raw(path, code_addresses(path, "story::", step=11))
    count = len(pprof_file.decode(gzip.compress(profile))["samples"])
    generator = random.Random(1)
    damaged = folder / "program"
    for turn in range(60):
        content = bytearray(whole)
        if turn % 3 == 0:
            del content[generator.randrange(len(content)):]
        else:
            for _ in range(generator.choice((1, 20, 2000))):
                content[generator.randrange(len(content))] = generator.randrange(256)
        damaged.write_bytes(content)
        done = symbolize(folder, profile, "--timeout", 20)
        assert len(done["samples"]) == count, turn


def test_each_allocation_may_fail(folder):
    """There is an answer, whole but for names, and it says so; or one line says that there is none."""
    if harness.SANITIZED:
        raise harness.Skip("the sanitizers bring an allocator of their own")
    path = build(folder)
    given, made, report = folder / "raw.pb", folder / "out", folder / "report"
    given.write_bytes(raw(path, code_addresses(path, "story::", step=50)))
    environment = dict(os.environ, FAIL_REPORT=str(report), LD_PRELOAD=str(
        harness.BUILD / "tests" / "programs" / "libfail-allocation.so"))

    def attempt(fail_at):
        made.unlink(missing_ok=True)
        done = harness.weft("symbolize", "-o", made, given, check=False,
                            env=dict(environment, FAIL_AT=str(fail_at)))
        return done, pprof_file.decode(made.read_bytes()) if made.exists() else None

    def count_names(profile):
        return sum(len(place["lines"]) for place in profile["locations"].values())

    whole = attempt(0)[1]
    told = worse = 0
    # The child, which looks names up, allocates more than its parent: a thousand times and more.
    for fail_at in [*range(1, 60), *range(60, 1500, 23)]:
        done, profile = attempt(fail_at)
        context = f"allocation {fail_at}: status {done.returncode}, {done.stderr}"
        if done.returncode:
            assert done.returncode == 1 and "emory" in done.stderr and not profile, context
            told += 1
            continue
        assert [s["values"] for s in profile["samples"]] == [s["values"] for s in whole["samples"]]
        if count_names(profile) < count_names(whole):
            assert profile["comments"] and "symbols: " in profile["comments"][0], context
            worse += 1
    assert told > 5 and worse > 5, (told, worse)


def test_bad_input_and_wrong_use_are_said_in_one_line(folder):
    (folder / "text").write_text("no profile\n")
    (folder / "empty").write_bytes(b"")
    cases = [
        (["text"], 1, "cannot read a profile from text: "),
        (["empty"], 1, "cannot read a profile from empty: "),
        (["missing"], 1, "cannot open 'missing': No such file or directory"),
        (["--pid", "x", "text"], 2, "--pid needs a number from 1 to 2147483647, not 'x'"),
        (["--debug", "-1", "text"], 2, "--debug needs a number from 0 to 2147483647, not '-1'"),
        (["--memory", "1", "text"], 2, "--memory needs a number from 16 to 1048576, not '1'"),
        (["a", "b"], 2, "one profile at a time, not 2"),
        (["--helper"], 2, "--helper is for libraries that start it"),
    ]
    for argv, status, text in cases:
        done = harness.weft("symbolize", *argv, cwd=folder, check=False)
        assert done.returncode == status and text in done.stderr, (argv, done)
    (folder / "raw.pb").write_bytes(pprof_file.encode([("cpu", "nanoseconds")], []))
    done = harness.weft("symbolize", "--debug", "1", folder / "raw.pb", check=False)
    assert (done.returncode, done.stderr) == (
        1, "weft symbolize: profiles of 'cpu' have no text form\n"), done
    done = harness.weft("symbolize", "-o", "/nonexistent/out", folder / "raw.pb", check=False)
    assert done.returncode == 1 and "cannot write '/nonexistent/out'" in done.stderr, done
    full = harness.weft("symbolize", "-o", "/dev/full", folder / "raw.pb", check=False)
    assert (full.returncode, full.stderr) == (
        1, "weft symbolize: '/dev/full': cannot write the profile: No space left on device\n"), full
    with open("/dev/full", "wb") as output:
        done = subprocess.run([harness.WEFT, "symbolize", folder / "raw.pb"], stdout=output,
                              stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        1, "weft symbolize: cannot write the profile: No space left on device\n"), done
    if os.geteuid() == 0:
        small = folder / "small"
        small.mkdir()
        path = build(folder)
        (folder / "large.pb").write_bytes(raw(path, code_addresses(path, "story::", step=1)))
        done = harness.run("unshare", "--mount", "sh", "-c",
                           f'mount -t tmpfs -o size=4k none {small}; "$@"; ls {small}; exit 0', "sh",
                           harness.WEFT, "symbolize", "-o", small / "out", folder / "large.pb")
        assert "No space left" in done.stderr and not done.stdout, done
        done = harness.run("unshare", "--mount", "sh", "-c",
                           f'mount -t tmpfs -o size=8k none {small}; echo old >{small}/out; "$@"; '
                           f'cat {small}/out; exit 0', "sh",
                           harness.WEFT, "symbolize", "-o", small / "out", folder / "large.pb")
        assert "No space left" in done.stderr and done.stdout == "old\n", done


# ---- As a library's helper ----


def helper(profile, *options):
    """What a library does with descriptors 3 and 4: the output and what the socket says."""
    ours, theirs = socket.socketpair()
    reader, writer = os.pipe()

    def place():
        os.dup2(theirs.fileno(), 103)
        os.dup2(writer, 104)
        os.dup2(103, 3)
        os.dup2(104, 4)

    with subprocess.Popen([harness.WEFT, "symbolize", "--helper", *options], preexec_fn=place,
                          pass_fds=(3, 4), stdin=subprocess.DEVNULL) as process:
        os.close(writer)
        theirs.close()
        assert process.wait(harness.PATIENCE_S) == 0
    with ours, open(reader, "rb") as output:
        # The answer comes when the profile has ended, so both may be done in turn.
        ours.sendall(profile)
        ours.shutdown(socket.SHUT_WR)
        content = output.read()
        return content, ours.makefile().read()


def test_a_library_is_answered_through_its_descriptors(folder):
    path = build(folder)
    profile = raw(path, code_addresses(path, "story::tell"))
    content, said = helper(profile)
    assert said == "done\n", said
    assert pprof_file.decode(content)["mappings"][1]["has"] == (True,) * 4
    content, said = helper(b"nonsense")
    assert not content and re.match(r"error \d+ cannot read a profile", said), said


if __name__ == "__main__":
    harness.main()
