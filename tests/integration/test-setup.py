# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""The set-up script says what it cannot do: offline, without rights, on another system."""

import os
import re
import shutil

import harness

SCRIPT = harness.SOURCE / "examples" / "install-packages"
STATUS = "/var/lib/dpkg/status"
MISSING = "libjansson-dev"


def pretend_missing(folder):
    """A package list without one package; returns its path."""
    text = open(STATUS, encoding="utf-8", errors="surrogateescape").read()
    kept = [part for part in text.split("\n\n") if not part.startswith(f"Package: {MISSING}\n")]
    assert len(kept) < len(text.split("\n\n")), f"{MISSING} is not installed, yet Weft was built"
    path = folder / "status"
    path.write_text("\n\n".join(kept), encoding="utf-8", errors="surrogateescape")
    return path


def in_private_world(folder, script, *argv):
    if os.geteuid() != 0:
        raise harness.Skip("needs root, to cover the package list in a mount namespace of its own")
    return harness.run(
        "unshare", "--net", "--mount", "sh", "-ec",
        f'mount --bind "$1" {STATUS}; shift; mount -t tmpfs none /var/cache/apt/archives; '
        f'mkdir /var/cache/apt/archives/partial; {script}', "sh", pretend_missing(folder), *argv,
        check=False)


def need_debian():
    if not shutil.which("dpkg-query"):
        raise harness.Skip("this is not Debian")


def test_offline_it_names_the_package_and_fails(folder):
    need_debian()
    done = in_private_world(folder, 'exec "$@"', SCRIPT)
    assert done.returncode == 1, done.stdout + done.stderr
    last = done.stderr.splitlines()[-1]
    assert f"cannot install {MISSING}: is this machine online" in last, done.stderr


def test_a_user_without_sudo_is_told_what_root_must_install(folder):
    need_debian()
    tools = folder / "bin"
    tools.mkdir()
    for tool in ("sh", "id", "grep", "dpkg-query", "apt-get", "mktemp", "rm"):
        (tools / tool).symlink_to(shutil.which(tool))
    done = in_private_world(
        folder, 'exec setpriv --reuid=65534 --regid=65534 --clear-groups env PATH="$1" "$2"',
        tools, readable_copy(folder))
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(rf"no sudo\. As root: apt-get install {MISSING}$", done.stderr.strip()), \
        done.stderr


def readable_copy(folder):
    """The checkout may lie where another user cannot go."""
    copy = folder / "install-packages"
    shutil.copy(SCRIPT, copy)
    for path in (folder, *folder.parents):
        if path.owner() == "root" and str(path).startswith("/tmp/"):
            path.chmod(path.stat().st_mode | 0o055)
    return copy


def test_another_system_is_told_the_names(folder):
    tools = folder / "bin"
    tools.mkdir()
    for tool in ("sh", "id", "grep"):
        (tools / tool).symlink_to(shutil.which(tool))
    done = harness.run(SCRIPT, check=False, env=dict(os.environ, PATH=str(tools)))
    assert done.returncode == 1 and "this is not Debian" in done.stderr, done.stderr
    assert MISSING in done.stderr


harness.main()
