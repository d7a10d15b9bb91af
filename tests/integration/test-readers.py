# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""Damaged recordings still open: the unit test's random programs, judged by real readers."""

import harness

PROPERTY = harness.BUILD / "tests" / "unit" / "unit-converter-timeline-property"
TRACE_COUNT = 60


def test_every_reader_accepts_what_was_repaired(folder):
    harness.run(PROPERTY, "--dump", folder, TRACE_COUNT)
    traces = sorted(folder.glob("*.trace"))
    assert len(traces) > TRACE_COUNT / 2, "hardly any trace was written"
    for reader in harness.readers():
        for trace in traces:
            done = reader.parse(trace)
            assert done.returncode == 0, f"{reader} refuses seed {trace.stem}: " \
                                         f"{(done.stderr + done.stdout)[-2000:]}"


def test_the_viewer_starts_on_what_was_repaired(folder):
    harness.run(PROPERTY, "--dump", folder, 24)
    # The oldest and the newest: between them the viewer changed little.
    known = harness.readers()
    for reader in {known[0].version: known[0], known[-1].version: known[-1]}.values():
        for trace in sorted(folder.glob("*.trace"))[:8]:
            with reader.serve(trace) as address:
                harness.fetch(address + "/usertasks")
                harness.fetch(address + "/jsontrace?view=proc")


harness.main()
