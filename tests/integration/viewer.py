# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""What the pages of a real `go tool trace` say, as numbers and texts."""

import collections
import html
import json
import re
import urllib.parse

import harness

# Every page there is. The four profiles are drawn by `go` itself, which need not be installed: their
# data is asked for raw.
PAGES = ("/", "/trace?view=proc", "/trace?view=thread", "/jsontrace?view=proc",
         "/jsontrace?view=thread", "/goroutines", "/usertasks", "/userregions", "/io?raw=1",
         "/block?raw=1", "/syscall?raw=1", "/sched?raw=1", "/mmu", "/mmu?mode=plot&flags=stw")


def fetch_all(address):
    """All pages by name; each must answer with something."""
    pages = {page: harness.fetch(address + page) for page in PAGES}
    for page, body in pages.items():
        assert body, f"{page} is empty"
    for view in ("proc", "thread"):
        assert json.loads(pages[f"/jsontrace?view={view}"])["traceEvents"], f"nothing in {view}"
    return pages


def tasks(address):
    """Task type → number of tasks."""
    body = harness.fetch(address + "/usertasks")
    found = re.findall(r'<td>([^<]*)</td>\s*<td><a href="/usertask\?type=[^"]*">(\d+)</a>', body)
    return {html.unescape(name): int(count) for name, count in found}


def regions(address):
    """(region name, function, file:line) → number of regions."""
    body = harness.fetch(address + "/userregions")
    found = re.findall(r'<pre>([^<]*)<br>([^<]*)<br>([^<]*)</pre></td>\s*<td><a href="[^"]*">'
                       r'(\d+)</a>', body)
    sites = {}
    for name, function, place, count in found:
        name = json.loads(html.unescape(name))
        function = html.unescape(function).rsplit(" @ ", 1)[0]
        sites[name, function, html.unescape(place)] = int(count)
    return sites


def region_counts(address):
    """Region name → number of regions, whatever their call site."""
    counts = collections.Counter()
    for (name, _, _), count in regions(address).items():
        counts[name] += count
    return dict(counts)


def task_page(address, task_type):
    """The page that lists each task of a type with all its events."""
    query = urllib.parse.urlencode({"type": task_type})
    return html.unescape(harness.fetch(f"{address}/usertask?{query}"))


def log_texts(page):
    """Texts of the logs on a page of tasks. (Go 1.22 does not show the category there.)"""
    return [json.loads(text) for text in
            re.findall(r'log (?:\(category: [^)]*\): )?("(?:[^"\\]|\\.)*")', page)]


def goroutines(address):
    """Name → number of goroutines (our threads)."""
    body = harness.fetch(address + "/goroutines")
    found = re.findall(r'<a href="/goroutine\?name=[^"]*">([^<]*)</a></code></td>\s*<td>(\d+)</td>',
                       body)
    return {html.unescape(name): int(count) for name, count in found}


def parsed_logs(text):
    """Category → number of logs, in what the tool prints with -d=parsed."""
    return collections.Counter(json.loads(category) for category in
                               re.findall(r' Log .*Category=("(?:[^"\\]|\\.)*") Message=', text))
