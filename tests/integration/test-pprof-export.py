# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""What `weft pprof` writes that `go tool pprof` does not: JSON, CSV, folded stacks, the flame graph page.

Their numbers are compared with one another and with those of -raw, the page is used in a real Chromium.
WEFT_SCREENSHOTS=FOLDER keeps the screenshots.
"""

import collections
import csv
import io
import json
import os
import pathlib
import pty
import re
import shutil
import subprocess

import browser
import harness
import pprof_file

harness.isolate()

PROFILES = harness.BUILD / "tests" / "programs" / "test-profiles"
KINDS = ("cpu", "heap", "contention", "inline", "cxx", "negative", "labels", "empty", "bare",
         "recursive", "large")
# Ends a script, and would rename the page, if it got there as it is.
EVIL = "</script><script>document.title='broken'</script><!-- \u00e9 \U0001f600"


def profile(folder, kind):
    path = folder / f"{kind}.pb.gz"
    if not path.exists():
        harness.run(PROFILES, kind, path)
    return path


def report(*words):
    done = harness.weft("pprof", *words)
    assert not done.stderr, done.stderr
    return done.stdout


def raw_values(path):
    """The last value of each sample, and its locations, as -raw has them."""
    text = report("-raw", path)
    lines = text[text.index("Samples:\n"):text.index("Locations\n")].splitlines()[2:]
    for line in lines:
        found = re.match(r"((?: *-?\d+)+):", line)
        if found:
            yield int(found[1].split()[-1])


def folded(*words):
    for line in report("-folded", *words).splitlines():
        stack, _, value = line.rpartition(" ")
        yield stack.split(";"), int(value)


def test_numbers_agree(folder):
    for kind in KINDS:
        path = profile(folder, kind)
        data = json.loads(report("-json", "-trim=false", path))
        values = list(raw_values(path))
        assert data["total"] == sum(map(abs, values)), kind
        flat, cum = collections.Counter(), collections.Counter()
        for stack, value in folded(path):
            flat[stack[-1]] += value
            for name in set(stack):
                cum[name] += value
        nodes = {node["name"]: node for node in data["nodes"]}
        assert len(nodes) == len(data["nodes"]), kind
        for name, node in nodes.items():
            assert node["flat"] == flat[name.replace(";", ":")], (kind, name)
            assert node["cum"] == cum[name.replace(";", ":")], (kind, name)
        rows = list(csv.DictReader(io.StringIO(report("-csv", "-trim=false", path))))
        assert [row["name"] for row in rows] == [node["name"] for node in data["nodes"]], kind
        for row, node in zip(rows, data["nodes"]):
            assert (int(row[f"flat_{data['unit']}"]), int(row[f"cum_{data['unit']}"])) == \
                (node["flat"], node["cum"]), kind
            assert row["inline"] == node["inline"], kind
            if data["total"]:
                assert abs(float(row["cum_pct"]) - 100 * node["cum"] / data["total"]) < 1e-3, kind
        check_edges(kind, data, path)


def check_edges(kind, data, path):
    weights = {(edge["from"], edge["to"]): edge["weight"] for edge in data["edges"]}
    assert len(weights) == len(data["edges"]), kind
    index = {node["name"].replace(";", ":"): i for i, node in enumerate(data["nodes"])}
    wanted = collections.Counter()
    for stack, value in folded(path):
        for pair in set(zip(stack, stack[1:])):
            if pair[0] != pair[1] and pair[0] in index and pair[1] in index:
                wanted[index[pair[0]], index[pair[1]]] += value
    if kind != "negative":  # Its samples cancel out within what -folded has as one line.
        assert weights == {pair: wanted[pair] for pair in weights}, kind
        assert set(weights) == set(wanted), kind


def test_options_reach_them(folder):
    path = profile(folder, "cpu")
    whole, part = (json.loads(report("-json", *words, path)) for words in ((), ("-focus=^work_17$",)))
    assert part["total"] == whole["total"] and len(part["nodes"]) < len(whole["nodes"])
    assert len(json.loads(report("-json", "-nodecount=3", path))["nodes"]) == 3
    halves = json.loads(report("-json", "-divide_by=2", path))
    assert [n["flat"] // 2 for n in whole["nodes"]] == [n["flat"] for n in halves["nodes"]]
    assert all("work_5" in stack for stack, _ in folded("-focus=^work_5$", path))
    assert not any("work_5" in stack for stack, _ in folded("-hide=^work_5$", path))
    rows = report("-csv", "-sample_index=samples", "-lines", path).splitlines()
    assert rows[0].startswith("flat_count,") and ":" in rows[1]


def test_json_has_any_text(folder):
    data = json.loads(report("-json", f"-add_comment={EVIL}", profile(folder, "cpu")))
    assert data["comments"][-1] == EVIL


PICTURES = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "ps": b"%!PS", "gif": b"GIF8"}


def test_pictures_are_drawn(folder):
    if not shutil.which("dot"):
        raise harness.Skip("no graphviz (package graphviz)")
    for name, magic in PICTURES.items():
        path = folder / f"graph.{name}"
        done = harness.weft("pprof", f"-{name}", "-nodecount=9", f"-output={path}", profile(folder, "cxx"))
        assert done.stderr == f"Generating report in {path}\n" and not done.stdout
        assert path.read_bytes().startswith(magic), name
    # As text in the picture: names are there.
    assert "push_back" in (folder / "graph.svg").read_text()


def test_a_picture_without_graphviz_says_what_to_do(folder):
    path = folder / "graph.svg"
    path.write_text("old")
    done = harness.run(harness.WEFT, "pprof", "-svg", f"-output={path}", profile(folder, "cxx"),
                       check=False, env=dict(os.environ, PATH="/nonexistent"))
    assert done.returncode == 1 and "install graphviz" in done.stderr.splitlines()[-1], done.stderr
    assert path.read_text() == "old", "a report that failed has replaced an older one"


def test_files_go_to_a_terminal_by_name(folder):
    """As the real tool does: bytes that would ruin a screen become profile001.EXTENSION."""
    (folder / "profile001.pb.gz").write_text("mine")
    leader, follower = pty.openpty()
    done = subprocess.run([harness.WEFT, "pprof", "-proto", profile(folder, "cpu")], cwd=folder,
                          stdin=follower, stdout=follower, stderr=subprocess.PIPE, text=True,
                          timeout=harness.PATIENCE_S)
    os.close(follower)
    os.close(leader)
    assert done.stderr == "Generating report in profile002.pb.gz\n", done.stderr
    assert (folder / "profile001.pb.gz").read_text() == "mine"
    assert report("-top", folder / "profile002.pb.gz") == report("-top", profile(folder, "cpu"))


PROGRAM = """
static inline __attribute__((always_inline)) unsigned mix(unsigned x)
{
	x ^= x << 13;
	return x ^ x >> 17;
}

__attribute__((noinline)) unsigned spin(unsigned n)
{
	unsigned x = 1, i;
	for (i = 0; i < n; i++) {
		x = mix(x);
	}
	return x;
}

int main(int argc, char **argv)
{
	(void)argv;
	return (int)spin((unsigned)argc) == 3;
}
"""


def program_profile(folder, *, build_id=None):
    """A profile of a program, addresses alone: each byte of spin() was hit once."""
    (folder / "spin.c").write_text(PROGRAM)
    program = folder / "spin"
    harness.run("gcc", "-g", "-O2", "-Wl,--build-id", "-o", program, folder / "spin.c")
    symbols = {fields[3]: (int(fields[0], 16), int(fields[1], 16)) for fields in
               (line.split() for line in harness.run("nm", "-S", program).stdout.splitlines())
               if len(fields) == 4}
    start, size = symbols["spin"]
    own_id = re.search(r"Build ID: (\w+)", harness.run("readelf", "-n", program).stdout)[1]
    base = 0x555500000000
    path = folder / "spin.pb.gz"
    # The first page of the file lies at its first page of addresses, as linkers have it.
    path.write_bytes(pprof_file.encode(
        [("samples", "count")], [([base + start + at], [1], {}) for at in range(size)],
        [(base, base + 0x4000, 0, str(program), build_id or own_id)]))
    return path, size


def test_instructions_and_source_lines(folder):
    if not shutil.which("objdump") or not shutil.which("gcc"):
        raise harness.Skip("no objdump or gcc (packages binutils and gcc)")
    path, size = program_profile(folder)
    text = report("-disasm=^spin$", path)
    rows = re.findall(r"^ *(\d+|\.) +(\d+|\.) +([0-9a-f]+): ", text, re.M)
    assert sum(int(flat) for flat, _, _ in rows if flat != ".") == size, text
    assert f"Total: {size}" in text and ";mix " in text and f"spin {folder}/spin.c:" in text
    # Each instruction is as long as it has bytes.
    starts = [int(address, 16) for _, _, address in rows] + [int(rows[0][2], 16) + size]
    assert [int(flat) for flat, _, _ in rows] == [b - a for a, b in zip(starts, starts[1:])]
    assert "%e" in text and "%e" not in report("-disasm=spin", "-intel_syntax", path)
    address = hex(0x555500000000 + starts[1])
    assert report(f"-disasm={address}", path) == text

    page = report("-weblist=spin", path)
    assert "x = mix(x);" in page and "mix spin.c:" in page and "<script" not in page
    lines = re.findall(r'<summary class="row[^"]*"><span>([^<]+)</span>', page)
    assert sum(int(flat) for flat in lines if flat != ".") == size, page


def test_stripped_programs_have_the_names_of_the_profile(folder):
    if not shutil.which("objdump") or not shutil.which("gcc"):
        raise harness.Skip("no objdump or gcc (packages binutils and gcc)")
    path, size = program_profile(folder)
    whole, named = report("-disasm=^spin$", path), folder / "named.pb.gz"
    harness.weft("pprof", "-proto", f"-output={named}", path)
    harness.run("strip", folder / "spin")
    assert "no matches" in harness.weft("pprof", "-disasm=^spin$", path, check=False).stderr
    text = report("-disasm=^spin$", named)

    def rows(report_text):
        return re.findall(r"^ *(\d+|\.) +(\d+|\.) +([0-9a-f]+): *(\w+)", report_text, re.M)
    # The same instructions with the same values; lines are the profile's, where a sample was.
    assert rows(text) == rows(whole) and len(rows(text)) > 5, (text, whole)
    assert f";spin {folder}/spin.c:" in text and "ROUTINE ======================== spin\n" in text
    address = hex(0x555500000000 + int(rows(text)[1][2], 16))
    assert report(f"-disasm={address}", named) == text
    page = report("-weblist=spin", named)
    lines = re.findall(r'<summary class="row[^"]*"><span>([^<]+)</span>', page)
    assert sum(int(flat) for flat in lines if flat != ".") == size and "x = mix(x);" in page, page


def test_wrong_programs_are_named(folder):
    path, _ = program_profile(folder, build_id="00112233445566778899")
    for words, wanted in ((["-disasm=spin", path], "build id"),
                          (["-disasm=nothing", path], "no matches found for regexp: nothing"),
                          (["-weblist=x", profile(folder, "cpu")], "No machine code of /opt")):
        done = harness.weft("pprof", *words, check=False)
        assert done.returncode == 1 and not done.stdout and wanted in done.stderr, done.stderr


def keep(folder, name):
    target = pathlib.Path(os.environ.get("WEFT_SCREENSHOTS") or folder)
    target.mkdir(parents=True, exist_ok=True)
    return target / name


class Page:
    def __init__(self, driver, folder):
        self.driver, self.folder = driver, folder

    def open(self, name, *words, fragment=""):
        path = self.folder / f"{name}.html"
        path.write_text(report("-html", *words))
        assert not re.search(r"(src|href)=", path.read_text()), "the page refers to something else"
        self.driver.open("about:blank")
        self.driver.open(f"file://{path}{fragment}")

    def boxes(self):
        """Name, left, width, row and classes of each box."""
        return [dict(zip(("name", "left", "width", "top", "style", "color"), box)) for box in
                self.driver.run("""return [...document.querySelectorAll('#weft-boxes div')].map(d =>
                    [d.textContent, parseFloat(d.style.left), parseFloat(d.style.width),
                     parseFloat(d.style.top), d.className, getComputedStyle(d).backgroundColor])""")]

    def text(self, name):
        return self.driver.run(f"return document.getElementById('weft-{name}').innerText")

    def click(self, box_name):
        self.driver.run(f"""[...document.querySelectorAll('#weft-boxes div')].find(d =>
            d.textContent === '{box_name}').click()""")

    def press(self, key, target="document.activeElement"):
        self.driver.run(f"""{target}.dispatchEvent(new KeyboardEvent('keydown',
            {{key: '{key}', bubbles: true, cancelable: true}}))""")

    def search(self, text):
        self.driver.run(f"""const field = document.getElementById('weft-search');
            field.value = {json.dumps(text)}; field.dispatchEvent(new Event('input'))""")
        self.driver.wait_for(f"""return document.activeElement && decodeURIComponent(
            location.hash.replaceAll('+', ' ')).includes({json.dumps('q=' + text)})""", "the search")

    def picture(self, name):
        self.driver.screenshot(keep(self.folder, f"flame-{name}.png"))


def test_page_shows_every_stack_in_proportion(folder):
    with browser.browser() as driver:
        page = Page(driver, folder)
        page.open("cpu", f"-add_comment={EVIL}", profile(folder, "cpu"))
        page.picture("light")
        boxes = page.boxes()
        assert "broken" not in driver.run("return document.title")
        assert EVIL in driver.run("return document.getElementById('weft-header').textContent")
        totals = collections.Counter()
        for stack, value in folded(profile(folder, "cpu")):
            for depth in range(1, len(stack) + 1):
                totals[tuple(stack[:depth])] += value
        whole = sum(value for stack, value in totals.items() if len(stack) == 1)
        room = boxes[0]["width"]
        wanted = collections.Counter(round(value / whole * room) for stack, value in totals.items()
                                     if value / whole * room >= 1.5)
        got = collections.Counter(round(box["width"]) for box in boxes[1:])
        assert wanted == got
        # No two boxes of a row overlap, and each lies below its parent.
        for top in {box["top"] for box in boxes}:
            row = sorted((box["left"], box["width"]) for box in boxes if box["top"] == top)
            assert all(a[0] + a[1] <= b[0] + 0.01 for a, b in zip(row, row[1:]))


def test_page_zooms_searches_turns(folder):
    with browser.browser() as driver:
        page = Page(driver, folder)
        page.open("cpu", profile(folder, "cpu"))
        before = page.boxes()
        page.click("work_5")
        zoomed = page.boxes()
        assert [b["width"] for b in zoomed if b["name"] == "work_5"][0] == before[0]["width"]
        assert [b["name"] for b in zoomed if "above" in b["style"]] == ["main", "all"]
        assert "work_5" in page.text("status") and "z=" in driver.run("return location.hash")
        page.press("Escape", "document.body")
        page.press("0", "document.body")
        assert page.boxes() == before, (len(page.boxes()), len(before), page.boxes()[:3], before[:3])

        page.search("^work_1\\d$")
        hits = {b["name"] for b in page.boxes() if "hit" in b["style"].split()}
        assert hits and all(re.fullmatch(r"work_1\d", name) for name in hits)
        data = [(s, v) for s, v in folded(profile(folder, "cpu"))]
        share = sum(v for s, v in data if any(re.fullmatch(r"work_1\d", f) for f in s))
        wanted = f"{100 * share / sum(v for _, v in data):.2f}%"
        assert wanted in page.text("found"), (wanted, page.text("found"))
        page.search("(")
        assert "Not a regular expression" in page.text("found")
        page.search("")

        page.press("f", "document.body")
        flipped = page.boxes()
        assert max(b["top"] for b in flipped) == [b["top"] for b in flipped if b["name"] == "all"][0]
        page.press("i", "document.body")
        leaves = collections.Counter()
        for stack, value in data:
            leaves[stack[-1]] += value
        room = page.boxes()[0]["width"]
        first_row = max(b["top"] for b in page.boxes()) - 20
        for box in page.boxes():
            if box["top"] == first_row:
                wanted = leaves[box["name"]] / sum(leaves.values()) * room
                assert abs(box["width"] - wanted) < 0.01, box
        page.picture("callers")
        second = collections.Counter()
        widest = max((box for box in page.boxes() if box["top"] == first_row), key=lambda b: b["width"])
        for stack, value in data:
            if stack[-1] == widest["name"] and len(stack) > 1:
                second[stack[-2]] += value
        page.click(widest["name"])
        for box in page.boxes():
            if box["top"] == first_row - 20:
                wanted = second[box["name"]] / leaves[widest["name"]] * room
                assert abs(box["width"] - wanted) < 0.01, (box, wanted)
        # The address alone brings the view back.
        address = driver.run("return location.href")
        driver.open("about:blank")
        driver.open(address)
        zoomed = page.boxes()
        assert zoomed[0]["name"] == widest["name"] and zoomed[0]["width"] == room, zoomed[0]


def test_page_goes_by_keyboard_and_in_the_dark(folder):
    with browser.browser() as driver:
        page = Page(driver, folder)
        page.open("inline", profile(folder, "inline"))
        driver.run("document.querySelector('#weft-boxes div').focus()")
        page.press("ArrowDown")
        first = page.text("status")
        page.press("ArrowRight")
        assert page.text("status") != first
        page.press("ArrowLeft")
        assert page.text("status") == first
        page.press("Enter")
        assert driver.run("return document.activeElement.textContent") in first
        assert not driver.run("return document.getElementById('weft-reset').hidden")
        assert any("inlined" in box["style"] for box in page.boxes())
        light = driver.run("return getComputedStyle(document.body).backgroundColor")
        page.press("t")
        page.picture("dark")
        assert light == "rgb(255, 255, 255)"
        assert driver.run("return getComputedStyle(document.body).backgroundColor") != light


def test_page_shows_differences_and_nothing(folder):
    with browser.browser() as driver:
        page = Page(driver, folder)
        page.open("diff", "-diff_base", profile(folder, "inline"), profile(folder, "cpu"))
        page.picture("diff")
        colors = {box["name"]: [int(n) for n in re.findall(r"\d+", box["color"])[:3]]
                  for box in page.boxes()}
        red, _, blue = colors["work_5"]
        assert red > blue + 30, colors["work_5"]
        grown = [name for name in colors if name.startswith("inner")][0]
        red, _, blue = colors[grown]
        assert blue > red + 30, colors[grown]
        assert "+" in page.text("status")
        page.open("empty", profile(folder, "empty"))
        assert "No samples" in page.text("empty")


if __name__ == "__main__":
    harness.main()
