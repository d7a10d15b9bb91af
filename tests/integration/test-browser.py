# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""A person's view: the pages of `go tool trace` in a real Chromium.

WEFT_SCREENSHOTS=FOLDER keeps the screenshots.
"""

import os
import pathlib
import re
import shutil

import browser
import harness
import viewer

# The timeline is drawn once its model has been imported; slices of all threads of the model.
TITLES = """
const view = document.querySelector('tr-ui-timeline-view');
if (!view || !view.model) { return null; }
const titles = {};
for (const thread of view.model.getAllThreads()) {
    for (const group of [thread.sliceGroup, thread.asyncSliceGroup]) {
        for (const slice of group.slices) {
            titles[slice.title] = (titles[slice.title] || 0) + 1;
        }
    }
}
return titles;
"""
ROWS = """
const view = document.querySelector('tr-ui-timeline-view');
if (!view || !view.model) { return null; }
return view.model.getAllThreads().map(thread => thread.name || '');
"""


ARROWS = """
const view = document.querySelector('tr-ui-timeline-view');
const found = {};
for (const event of view.model.flowEvents) {
    found[event.title] = (found[event.title] || 0) + 1;
}
return found;
"""


def recorded(folder, tier="accounting"):
    recording, trace = folder / "recording", folder / "server.trace"
    done = harness.weft("record", "--sched", tier, "-o", recording, "--", harness.BUILD / "bin" / "server",
                        "--requests", 100, check=False)
    if done.returncode and "cannot record scheduling with tier" in done.stderr:
        raise harness.Skip(done.stderr.splitlines()[0])
    assert done.returncode == 0, done.stderr
    harness.weft("convert", recording, "-o", trace, "-q")
    return trace


def keep(folder, name):
    """Where a screenshot goes."""
    target = os.environ.get("WEFT_SCREENSHOTS")
    if target:
        pathlib.Path(target).mkdir(parents=True, exist_ok=True)
        return pathlib.Path(target) / name
    return folder / name


def check_drawn(path):
    """A page that failed is one colour, which compresses to almost nothing."""
    assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert path.stat().st_size > 12000, f"{path} shows hardly anything"


def test_timeline_draws_a_row_for_each_thread(folder):
    trace = recorded(folder)
    for reader in (harness.readers()[0], harness.readers()[-1]):
        with reader.serve(trace) as address, browser.browser() as page:
            page.open(address + "/trace?view=thread")
            rows = page.wait_for(ROWS, "the timeline to be drawn")
            threads = [row for row in rows if re.search(r"Thread \d+", row)]
            assert len(threads) >= 6, f"{reader}: {rows}"
            titles = page.run(TITLES)
            assert any(re.search(r"^G\d+ server/worker", title) for title in titles), \
                f"{reader}: {list(titles)[:20]}"
            shot = keep(folder, f"timeline-{reader}.png")
            page.screenshot(shot)
            check_drawn(shot)


def test_timeline_draws_a_row_for_each_cpu_and_who_woke_whom(folder):
    trace = recorded(folder, "tracepoints")
    for reader in (harness.readers()[0], harness.readers()[-1]):
        with reader.serve(trace) as address, browser.browser() as page:
            page.open(address + "/trace?view=proc")
            rows = page.wait_for(ROWS, "the timeline to be drawn")
            cpus = [row for row in rows if re.search(r"Proc \d+", row)]
            assert len(cpus) == os.cpu_count(), f"{reader}: {rows}"
            arrows = page.run(ARROWS)
            woken = sum(count for title, count in arrows.items() if title.startswith("unblock"))
            assert woken >= 100, f"{reader}: {arrows}"
            shot = keep(folder, f"wake-ups-{reader}.png")
            page.screenshot(shot)
            check_drawn(shot)


def test_task_shows_its_regions_across_threads(folder):
    trace = recorded(folder)
    reader = harness.readers()[-1]
    with reader.serve(trace) as address, browser.browser() as page:
        links = re.findall(r'href="(/trace\?taskid=\d+)[#"]', viewer.task_page(address, "request"))
        assert len(links) == 100, f"{len(links)} tasks have a page"
        page.open(address + links[50])
        titles = page.wait_for(TITLES, "the task's timeline to be drawn")
        for name in ("parse", "work", "reply"):
            assert name in titles, f"no region {name} among {list(titles)}"
        shot = keep(folder, f"task-{reader}.png")
        page.screenshot(shot)
        check_drawn(shot)


def test_tables_of_tasks_and_regions_are_shown(folder):
    trace = recorded(folder)
    reader = harness.readers()[-1]
    with reader.serve(trace) as address, browser.browser() as page:
        for name in ("usertasks", "userregions", "goroutines"):
            page.open(f"{address}/{name}")
            assert page.run("return document.querySelectorAll('table tr').length") > 1, name
            shot = keep(folder, f"{name}-{reader}.png")
            page.screenshot(shot)
            check_drawn(shot)


if not shutil.which("chromedriver"):
    print("skipped: no browser (packages chromium and chromium-driver)")
    raise SystemExit(77)
harness.main()
