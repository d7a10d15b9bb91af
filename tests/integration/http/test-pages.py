# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""A person's view of the frontend's pages: wide, on a phone, in the dark, and without JavaScript.

WEFT_SCREENSHOTS=FOLDER keeps the screenshots.
"""

import base64
import hashlib
import html.parser
import os
import pathlib
import re
import subprocess

import frontend
import browser
import harness

DEBUG = harness.BUILD / "tests" / "programs" / "test-debug"
SIZES = {"wide": (1400, 900), "phone": (390, 844)}


def keep(folder, name):
    """Where a screenshot goes."""
    target = pathlib.Path(os.environ.get("WEFT_SCREENSHOTS") or folder)
    target.mkdir(parents=True, exist_ok=True)
    return target / name


def show(driver, width, height, dark):
    """As a device with such a screen."""
    driver.call("POST", f"/session/{driver.session}/goog/cdp/execute", {
        "cmd": "Emulation.setDeviceMetricsOverride",
        "params": {"width": width, "height": height, "deviceScaleFactor": 1,
                   "mobile": width < 600}})
    driver.call("POST", f"/session/{driver.session}/goog/cdp/execute", {
        "cmd": "Emulation.setEmulatedMedia", "params": {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]}})


def test_pages_on_every_screen(folder):
    with frontend.target() as plain, frontend.serve() as server, browser.browser() as driver, \
            harness.started(DEBUG, "nothing", stdin=subprocess.PIPE,
                            stderr=subprocess.DEVNULL) as rich:
        harness.wait_for(lambda: "users" in server.get(f"/{rich.pid}/debug/pprof/").text, "exports")
        for name, path in (("processes", "/"), ("index", f"/{rich.pid}/debug/pprof/"),
                           ("trace-only", f"/{plain.pid}/debug/pprof/")):
            for size, (width, height) in SIZES.items():
                for dark in (False, True):
                    show(driver, width, height, dark)
                    driver.open(server.url + path)
                    picture = keep(folder, f"{name}-{size}{'-dark' if dark else ''}.png")
                    driver.screenshot(picture)
                    assert picture.stat().st_size > 5000, f"{picture} shows hardly anything"
                    wide = driver.run("return document.documentElement.scrollWidth")
                    assert wide <= width, f"{name} is {wide} wide on a {size} screen"
                    background = driver.run(
                        "return getComputedStyle(document.body).backgroundColor")
                    assert (background == "rgb(255, 255, 255)") != dark, background


def test_recording_from_the_page(folder):
    with frontend.target() as target, frontend.serve() as server, browser.browser() as driver:
        driver.open(f"{server.url}/{target.pid}/debug/pprof/")
        command = driver.run("return document.querySelector('code:has(span)').textContent")
        url = f"{server.url}/{target.pid}/debug/pprof/trace"
        assert command == f"curl -o trace '{url}?seconds=5' && go tool trace trace", command
        driver.run("const form = document.querySelector('form');"
                   "form.elements.seconds.value = 1.5; form.requestSubmit();")
        driver.wait_for("return !document.querySelector('progress').hidden", "the progress bar")
        driver.screenshot(keep(folder, "recording.png"))
        said = driver.wait_for("const text = document.querySelector('output').textContent;"
                               "return text.startsWith('Saved') && text", "the trace to be saved")
        assert said.endswith("as trace"), said
        # A server's refusal is shown as it is.
        driver.run("const form = document.querySelector('form'); form.noValidate = true;"
                   "form.elements.seconds.value = 99; form.requestSubmit();")
        driver.wait_for("return document.querySelector('output').textContent =="
                        " 'a trace may take at most 10 seconds here'", "the refusal")


class Forms(html.parser.HTMLParser):
    """Links and forms, as a browser without JavaScript has them."""

    def __init__(self):
        super().__init__()
        self.links, self.forms = [], []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "a":
            self.links.append(attributes["href"])
        if tag == "form":
            self.forms.append((attributes["action"], attributes.get("method", "get")))


def test_only_the_pages_own_script_may_run(folder):
    with frontend.serve() as server:
        answer = server.get("/")
        script = re.search(r"<script>(.*)</script>", answer.text, re.S).group(1)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"script-src 'sha256-{digest}';" in answer["Content-Security-Policy"], digest


def test_everything_works_without_javascript(folder):
    with frontend.target() as target, frontend.serve() as server:
        path = f"/{target.pid}/debug/pprof/"
        found = Forms()
        found.feed(server.get(path).text)
        assert found.forms == [("trace", "get")], found.forms
        for link in found.links:
            answer = server.get(path + link)
            assert answer.status == 200, (link, answer.status)
        assert server.get(path + "trace?seconds=0.3").status == 200


harness.main()
