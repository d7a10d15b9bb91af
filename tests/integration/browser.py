# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""A real Chromium, driven through its WebDriver: pages, scripts, screenshots."""

import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request

import harness

# Without these Chromium looks for its maker's servers at each start.
ARGUMENTS = ["--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--disable-dev-shm-usage", "--window-size=1400,900"]


class Browser:
    def __init__(self, address):
        self.address = address
        self.session = None

    def call(self, method, path, body=None):
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.address + path, data=data, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=harness.PATIENCE_S) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"WebDriver: {error.read().decode(errors='replace')}") from None

    def open(self, page):
        self.call("POST", f"/session/{self.session}/url", {"url": page})

    def run(self, script):
        """Runs the body of a function in the page; returns what it returns."""
        return self.call("POST", f"/session/{self.session}/execute/sync",
                         {"script": script, "args": []})

    def wait_for(self, script, what):
        return harness.wait_for(lambda: self.run(script), what)

    def screenshot(self, path):
        png = self.call("GET", f"/session/{self.session}/screenshot")
        path.write_bytes(base64.b64decode(png))


@contextlib.contextmanager
def browser():
    """A browser with a profile of its own; ends with the block."""
    if not shutil.which("chromedriver") or not shutil.which("chromium"):
        raise harness.Skip("no browser (packages chromium and chromium-driver)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="weft-browser-") as profile, \
            harness.started("chromedriver", f"--port={port}", stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, env=dict(os.environ, HOME=profile)):
        driver = Browser(f"http://127.0.0.1:{port}")

        def is_ready():
            with contextlib.suppress(OSError):
                return driver.call("GET", "/status")["ready"]
            return False

        harness.wait_for(is_ready, "the browser's driver")
        arguments = ARGUMENTS + [f"--user-data-dir={profile}"]
        # Chromium refuses root otherwise, and cannot build its sandbox in some containers. The pages
        # are our own.
        if os.geteuid() == 0 or harness.run("unshare", "--user", "true", check=False).returncode:
            arguments.append("--no-sandbox")
        options = {"binary": shutil.which("chromium"), "args": arguments}
        driver.session = driver.call("POST", "/session", {"capabilities": {
            "alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}})["sessionId"]
        try:
            yield driver
        finally:
            with contextlib.suppress(AssertionError, OSError):
                driver.call("DELETE", f"/session/{driver.session}")
