# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""An installed Weft is all that a program outside this tree needs, wherever it was installed."""

import os
import pathlib
import re
import shutil

import harness
from harness import BUILD, SOURCE, Skip

STANDALONE = SOURCE / "examples" / "standalone"
COMPILERS = [pair for pair in (("gcc", "g++"), ("clang", "clang++")) if shutil.which(pair[0])]
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wsign-conversion",
          "-Wformat=2", "-Werror"]
STRICT_CXX = ["-Wold-style-cast", "-Wcast-qual", "-Wzero-as-null-pointer-constant"]

# Every function and macro of the header, each argument with a side effect of its own.
EVERYTHING = """
#include <weft/trace.h>
#include <stdio.h>

static int calls;
static const char *text(void) { calls++; return "t"; }
static struct weft_context context(void) { calls++; return WEFT_CONTEXT_NONE; }
static void nothing(void *argument) { (void)argument; }
static int scope(int n) { WEFT_REGION_SCOPE(text()); WEFT_REGION_SCOPE_CTX(context(), text()); return n; }

int main(void)
{
	struct weft_task task = weft_task_begin(text());
	struct weft_task child = weft_task_begin_ctx(context(), text());
	struct weft_task adopted = weft_task_adopt(context(), text());
	struct weft_region region = weft_region_begin(text());
	struct weft_region inner = weft_region_begin_ctx(context(), text());
	int n = 0, ran = 0;

	weft_thread_prepare();
	weft_thread_set_name(text());
	(void)weft_context_set(context());
	(void)weft_context_current();
	weft_log(text(), text());
	weft_log_ctx(context(), text(), text());
	weft_logf(text(), "plain");
	weft_logf(text(), "%d %s", n++, text());
	weft_logf_ctx(context(), text(), "%d", ++n);
	WEFT_REGION(text()) { ran++; }
	WEFT_REGION_CTX(context(), text()) { ran++; continue; }
	WEFT_TASK(text()) { ran++; break; }
	if (ran) WEFT_REGION(text()) ran++; else ran--;
	weft_with_region("f", nothing, &n);
	weft_region_end(&inner);
	weft_region_end_error(&region, text());
	weft_task_end(&adopted);
	weft_task_end_error(&child, text());
	weft_task_end(&task);
	if (STARTS && weft_trace_start("x") == 0) { (void)weft_trace_stop(); }
	if (STARTS && weft_trace_start_fd(-1) == 0) { puts(weft_trace_error()); }
	ran += scope(0);
	printf("%d %d %d %d\\n", calls, n, ran, weft_trace_is_enabled());
	return 0;
}
"""

EVERYTHING_CXX = """
#include <weft/trace.h>
#include <string>
#include <utility>

static int calls;
static const char *text() { calls++; return "t"; }
static weft::task made() { weft::task task("made"); return task; }
template <typename T> static T twice(T x)
{
	const weft::region region("twice");
	return weft::with_region("inner", [&] { return x + x; });
}

int main()
{
	weft::task task(made()), moved(std::move(task)), child(moved.context(), "child");
	weft::task adopted(weft::task::adopt(moved.context(), "adopted"));
	const weft::scoped_context scope(child.context());
	weft::region region(child.context(), "all");
	int ran = 0;

	weft_logf("k", "%s", std::string(text()).c_str());
	weft_logf("k", "%d", [&] { return ++ran; }());
	weft::with_region("none", [&] { ran += 2; });
	WEFT_REGION(text()) { ran += 4; }
	try {
		const weft::region thrown("thrown");
		throw 8;
	} catch (int value) {
		ran += value;
	}
	region.fail("bad");
	child.fail("bad");
	(void)adopted.release();
	return ran == 14 && twice(3) == 6 && (calls == 0) == DISABLED ? 0 : 1;
}
"""


class Installed:
    """One installation in a folder that the build never heard of."""

    def __init__(self, folder):
        if harness.SANITIZED:
            raise Skip("a sanitized library wants a sanitized program")
        for tool in ("cmake", "pkg-config", "readelf", "nm"):
            if not shutil.which(tool):
                raise Skip(f"{tool} is not installed")
        self.prefix = folder / "some where"
        harness.run("cmake", "--install", BUILD, "--prefix", self.prefix)
        self.lib = next(self.prefix.rglob("libweft.so")).parent
        self.environment = dict(os.environ, PKG_CONFIG_PATH=str(self.lib / "pkgconfig"),
                                LD_LIBRARY_PATH=str(self.lib), CMAKE_GENERATOR="Ninja")

    def pkg_config(self, *argv, packages=("weft",)):
        words = harness.run("pkg-config", *argv, *packages, env=self.environment).stdout
        return [word.replace("\\ ", " ") for word in re.findall(r"(?:\\.|\S)+", words)]

    def run(self, *argv, **options):
        return harness.run(*argv, env=self.environment, **options)


def compile_and_run(installed, compiler, flags, source, link=True):
    """Builds one source with pkg-config's words; returns what it prints."""
    program = source.with_suffix("")
    libs = installed.pkg_config("--libs") if link else []
    installed.run(compiler, *flags, *installed.pkg_config("--cflags"), source, "-o", program, *libs)
    return installed.run(program).stdout


def test_programs_build_with_pkg_config(folder):
    installed = Installed(folder)
    for source in ("hello.c", "hello-cxx.cc"):
        shutil.copy(STANDALONE / source, folder)
    for cc, cxx in COMPILERS:
        assert compile_and_run(installed, cc, STRICT, folder / "hello.c") == "hello from C\n"
        assert compile_and_run(installed, cxx, STRICT,
                               folder / "hello-cxx.cc") == "hello from C++\n"


def test_programs_build_with_find_package(folder):
    installed = Installed(folder)
    shutil.copytree(STANDALONE, folder / "hello")
    build = folder / "hello" / "build"
    installed.run("cmake", "-S", folder / "hello", "-B", build,
                  f"-DCMAKE_PREFIX_PATH={installed.prefix}")
    installed.run("cmake", "--build", build)
    # CMake left the way to the library in the program.
    assert harness.run(build / "hello").stdout == "hello from C\n"
    assert harness.run(build / "hello-cxx").stdout == "hello from C++\n"


def test_installation_can_be_moved(folder):
    installed = Installed(folder)
    moved = folder / "moved"
    lib = moved / installed.lib.relative_to(installed.prefix)
    installed.prefix.rename(moved)
    installed.environment.update(PKG_CONFIG_PATH=str(lib / "pkgconfig"), LD_LIBRARY_PATH=str(lib))
    shutil.copy(STANDALONE / "hello.c", folder)
    assert compile_and_run(installed, "cc", STRICT, folder / "hello.c") == "hello from C\n"


def test_a_server_of_debug_pages_builds_and_finds_its_recorder(folder):
    installed = Installed(folder)
    sources = sorted((SOURCE / "examples" / "server").glob("*.c"))
    words = installed.pkg_config("--cflags", "--libs", packages=("weft", "weft-http"))
    installed.run("cc", *STRICT, "-D_GNU_SOURCE", *sources, "-o", folder / "server", *words,
                  "-lpthread")
    with harness.started(folder / "server", "-n", 100000000, "-c", 1, "--debug", "127.0.0.1:0",
                         env=installed.environment, stdout=harness.subprocess.DEVNULL,
                         stderr=harness.subprocess.PIPE, text=True) as server:
        url = re.search(r"look at (\S+)", server.stderr.readline()).group(1)
        harness.run("curl", "-sS", "--fail", "-o", folder / "trace", url + "trace?seconds=0.5")
    found = harness.run(installed.prefix / "bin" / "weft", "verify", folder / "trace").stdout
    assert "accepted" in found, found


def test_header_is_clean_for_every_standard(folder):
    installed = Installed(folder)
    c, cxx = folder / "all.c", folder / "all.cc"
    c.write_text(EVERYTHING)
    cxx.write_text(EVERYTHING_CXX)
    for c_compiler, cxx_compiler in COMPILERS:
        for flags in (["-DDISABLED=0"], ["-DDISABLED=1", "-DWEFT_DISABLE"]):
            for standard in ("c99", "c11", "gnu11", "c17"):
                installed.run(c_compiler, f"-std={standard}", *STRICT, *flags, "-DSTARTS=1", "-c",
                              *installed.pkg_config("--cflags"), c, "-o", folder / "all.o")
            for standard in ("c++11", "c++14", "c++17", "c++20"):
                installed.run(cxx_compiler, f"-std={standard}", *STRICT, *STRICT_CXX, *flags,
                              "-c", *installed.pkg_config("--cflags"), cxx,
                              "-o", folder / "all.o")


def test_disabled_tracing_needs_no_library_and_evaluates_no_argument(folder):
    installed = Installed(folder)
    c, cxx = folder / "all.c", folder / "all.cc"
    c.write_text(EVERYTHING)
    cxx.write_text(EVERYTHING_CXX)
    for c_compiler, cxx_compiler in COMPILERS:
        for optimisation in ("-O0", "-O2"):
            off = [optimisation, "-DWEFT_DISABLE", "-DDISABLED=1", "-DSTARTS=1"]
            assert compile_and_run(installed, c_compiler, ["-std=c11", *off], c,
                                   link=False) == "0 0 4 0\n"
            assert "weft_" not in undefined(folder / "all"), undefined(folder / "all")
            # Its exit status says the same.
            compile_and_run(installed, cxx_compiler, ["-std=c++17", *off], cxx, link=False)
            assert "weft_" not in undefined(folder / "all"), undefined(folder / "all")


def undefined(program):
    return harness.run("nm", "--undefined-only", program).stdout


def test_dormant_tracing_evaluates_what_functions_take(folder):
    """The other half of the property above: the same program, linked, counts its arguments."""
    installed = Installed(folder)
    c, cxx = folder / "all.c", folder / "all.cc"
    c.write_text(EVERYTHING)
    cxx.write_text(EVERYTHING_CXX)
    for compiler, cxx_compiler in COMPILERS:
        compile_and_run(installed, cxx_compiler, ["-std=c++17", "-DDISABLED=0"], cxx)
        printed = compile_and_run(installed, compiler, ["-std=c11", "-DSTARTS=0"], c)
        # Nobody records: the arguments of weft_logf() and weft_logf_ctx() alone are left out.
        assert printed == "25 0 4 0\n", printed
        assert "weft_" in undefined(folder / "all")


def test_command_runs_from_the_prefix(folder):
    installed = Installed(folder)
    done = harness.run(installed.prefix / "bin" / "weft", "--help")
    assert "Usage: weft" in done.stdout, done


def test_library_depends_on_libc_only(folder):
    installed = Installed(folder)
    needed = harness.run("readelf", "-d", installed.lib / "libweft.so").stdout
    needed = set(re.findall(r"NEEDED.*\[(.*)\]", needed))
    assert needed <= {"libc.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}, needed


def test_only_public_headers_are_installed(folder):
    installed = Installed(folder)
    have = {path.name for path in (installed.prefix / "include").rglob("*.h")}
    public = {path.name for part in ("tracer", "tracer/record", "converter", "pprof", "viewer")
              for path in pathlib.Path(SOURCE, part, "include").rglob("*.h")}
    assert "trace.h" in have and have <= public, have - public


harness.main()
