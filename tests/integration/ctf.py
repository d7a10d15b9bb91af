# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""Writes traces byte by byte as LTTng 2.13 does: CTF 1.8, one stream a CPU, compact event headers.

A trace of the kernel domain needs modules and root, and no two runs have the same schedule. Here a
test says what happened, when, on which CPU; what it gets is what lttng-modules would have written
(events and fields as in its instrumentation/events/*.h, packets and index as its consumer daemon
stores them), with times and counts that it knows.

    with ctf.kernel(folder / "kernel", cpu_count=2) as trace:
        trace.event(1_000, 0, "sched_switch", prev_comm="swapper/0", prev_tid=0, ...)
"""

import pathlib
import re
import struct
import uuid

SOURCE = pathlib.Path(__file__).resolve().parents[2]

CTF_MAGIC = 0xC1FC1FC1
METADATA_MAGIC = 0x75D11D57
INDEX_MAGIC = 0xC1F1DCC1
PACKET_SIZE = 4096
# 27 bits of time in a compact header: an event that comes later than that gets the long one.
COMPACT_BITS = 27
EXTENDED_ID = 31
# What a clock of a machine looks like: wall time of the monotonic clock's zero.
CLOCK_OFFSET_NS = 1_700_000_000_123_456_789

COMM = "comm"  # char[16]
S32, U8, U32, S64, U64 = "<i", "<B", "<I", "<q", "<Q"
STRING = "string"
SEQUENCE = "sequence"  # u8 length, then s32 each.

_WAKEUP = (("comm", COMM), ("tid", S32), ("prio", S32), ("target_cpu", S32))
_PROCESS = (("comm", COMM), ("tid", S32), ("prio", S32))

KERNEL_EVENTS = {
    "sched_switch": (("prev_comm", COMM), ("prev_tid", S32), ("prev_prio", S32),
                     ("prev_state", S64), ("next_comm", COMM), ("next_tid", S32),
                     ("next_prio", S32)),
    "sched_waking": _WAKEUP,
    "sched_wakeup": _WAKEUP,
    "sched_wakeup_new": _WAKEUP,
    "sched_process_fork": (("parent_comm", COMM), ("parent_tid", S32), ("parent_pid", S32),
                           ("parent_ns_inum", U32), ("child_comm", COMM), ("child_tid", S32),
                           ("vtids", SEQUENCE), ("child_pid", S32), ("child_ns_inum", U32)),
    "sched_process_exec": (("filename", STRING), ("tid", S32), ("old_tid", S32)),
    "sched_process_exit": _PROCESS,
    "sched_process_free": _PROCESS,
    "sched_migrate_task": (("comm", COMM), ("tid", S32), ("prio", S32), ("orig_cpu", S32),
                           ("dest_cpu", S32)),
    "irq_handler_entry": (("irq", S32), ("name", STRING)),
    "irq_handler_exit": (("irq", S32), ("ret", S32)),
    "irq_softirq_entry": (("vec", U32),),
    "irq_softirq_exit": (("vec", U32),),
    "timer_hrtimer_expire_entry": (("hrtimer", U64), ("now", S64), ("function", U64)),
    "timer_hrtimer_expire_exit": (("hrtimer", U64),),
    "syscall_entry_futex": (("uaddr", U64), ("op", S32), ("val", U32), ("utime", U64),
                            ("uaddr2", U64), ("val3", U32)),
    "syscall_exit_futex": (("ret", S64), ("uaddr", U64), ("uaddr2", U64)),
    "syscall_entry_read": (("fd", U32), ("count", U64)),
    "syscall_exit_read": (("ret", S64), ("buf", U64)),
    "syscall_entry_nanosleep": (("rqtp", U64),),
    "syscall_exit_nanosleep": (("ret", S64), ("rmtp", U64)),
    "lttng_statedump_vm_map": (("pid", S32), ("start", U64), ("end", U64), ("flags", U64),
                               ("inode", U64), ("pgoff", U64)),
    "lttng_statedump_process_state": (("tid", S32), ("vtid", S32), ("pid", S32), ("vpid", S32),
                                      ("ppid", S32), ("vppid", S32), ("name", COMM),
                                      ("type", S32), ("mode", S32), ("submode", S32),
                                      ("status", S32), ("ns_level", S32), ("ns_inum", U32),
                                      ("cpu", U32)),
}


def weft_events():
    """Events of <weft/events.h>, in the words of this module."""
    types = {"S32": S32, "U8": U8, "U32": U32, "U64": U64, "STRING": STRING}
    text = (SOURCE / "tracer/include/weft/events.h").read_text().replace("\\\n", " ")
    events = {}
    for name, body in re.findall(r"#define WEFT_EVENT_(\w+)_FIELDS\(F\)([^\n]*)", text):
        fields = re.findall(r"F\(\s*(\w+)\s*,\s*(\w+)\s*\)", body)
        if any(kind not in types for _, kind in fields):
            continue  # A sampler's, which this module cannot write.
        events[f"weft:{name.lower()}"] = tuple((field, types[kind]) for field, kind in fields)
    assert "weft:task_begin" in events, "the contract has another form now"
    return events


def _declare(name, kind):
    """A field as LTTng declares it."""
    integer = "integer {{ size = {}; align = 8; signed = {}; encoding = {}; base = 10; }}"
    if kind == COMM:
        return f"{integer.format(8, 1, 'UTF8')} _{name}[16];"
    if kind == STRING:
        return f"string _{name};"
    if kind == SEQUENCE:
        return (f"{integer.format(8, 0, 'none')} __{name}_length; "
                f"{integer.format(32, 1, 'none')} _{name}[ __{name}_length ];")
    signed = int(kind[1].islower())
    return f"{integer.format(struct.calcsize(kind) * 8, signed, 'none')} _{name};"


def _encode(kind, value):
    if kind == COMM:
        return struct.pack("16s", value.encode()[:15])
    if kind == STRING:
        return value.encode() + b"\0"
    if kind == SEQUENCE:
        return struct.pack(f"<B{len(value)}i", len(value), *value)
    return struct.pack(kind, value)


_TYPES = """/* CTF 1.8 */

typealias integer { size = 8; align = 8; signed = false; } := uint8_t;
typealias integer { size = 16; align = 8; signed = false; } := uint16_t;
typealias integer { size = 32; align = 8; signed = false; } := uint32_t;
typealias integer { size = 64; align = 8; signed = false; } := uint64_t;
typealias integer { size = 64; align = 8; signed = false; } := unsigned long;
typealias integer { size = 5; align = 1; signed = false; } := uint5_t;
typealias integer { size = 27; align = 1; signed = false; } := uint27_t;
"""

_STREAM = """
typealias integer { size = 27; align = 1; signed = false; map = clock.monotonic.value; }
	:= uint27_clock_monotonic_t;
typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; }
	:= uint64_clock_monotonic_t;

struct packet_context {
	uint64_clock_monotonic_t timestamp_begin;
	uint64_clock_monotonic_t timestamp_end;
	uint64_t content_size;
	uint64_t packet_size;
	uint64_t packet_seq_num;
	unsigned long events_discarded;
	uint32_t cpu_id;
};

struct event_header_compact {
	enum : uint5_t { compact = 0 ... 30, extended = 31 } id;
	variant <id> {
		struct {
			uint27_clock_monotonic_t timestamp;
		} compact;
		struct {
			uint32_t id;
			uint64_clock_monotonic_t timestamp;
		} extended;
	} v;
} align(8);

stream {
	id = 0;
	event.header := struct event_header_compact;
	packet.context := struct packet_context;
%s};
"""

# `lttng add-context -k -t callstack-user`, which ends a chain with a number that is no address.
_CALLSTACK = """	event.context := struct {
		integer { size = 32; align = 8; signed = 0; encoding = none; base = 10; } __callstack_user_length;
		integer { size = 64; align = 8; signed = 0; encoding = none; base = 16; } _callstack_user[ __callstack_user_length ];
	};
"""
CALLSTACK_END = (1 << 64) - 1


class _Stream:
    """What one CPU writes: packets of whole events."""

    def __init__(self, cpu):
        self.cpu = cpu
        self.events = b""
        self.begin_ns = None
        self.last_ns = 0
        self.discarded = 0  # Since the beginning, as the tracer counts.
        self.packets = []  # (bytes of events, begin, end, discarded)

    def flush(self):
        if self.begin_ns is not None:
            self.packets.append((self.events, self.begin_ns, self.last_ns, self.discarded))
            self.events, self.begin_ns = b"", None


class Trace:
    """A trace under construction; use it in a with statement. Times are nanoseconds, those of one
    CPU never decrease."""

    def __init__(self, directory, events, environment, cpu_count, callstacks=False):
        self.directory = pathlib.Path(directory)
        self.fields = events
        self.ids = {name: number for number, name in enumerate(events)}
        self.environment = environment
        self.uuid = uuid.uuid5(uuid.NAMESPACE_URL, str(environment))  # The same in each run.
        self.callstacks = callstacks
        self.streams = [_Stream(cpu) for cpu in range(cpu_count)]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.write()

    def event(self, ts_ns, cpu, name, /, **values):
        """Records an event; every field must be given; chain: its call stack, innermost first."""
        chain = [*values.pop("chain", ()), CALLSTACK_END] if self.callstacks else None
        fields = self.fields[name]
        assert {field for field, _ in fields} == set(values), f"{name}: {values}"
        payload = b"".join(_encode(kind, values[field]) for field, kind in fields)
        if chain:
            payload = struct.pack(f"<I{len(chain)}Q", len(chain), *chain) + payload
        stream = self.streams[cpu]
        assert ts_ns >= stream.last_ns, "a CPU's clock never goes back"
        if stream.begin_ns is not None and len(stream.events) + len(payload) + 13 > 3500:
            stream.flush()
        number = self.ids[name]
        if stream.begin_ns is None:
            stream.begin_ns = stream.last_ns = ts_ns
        if number < EXTENDED_ID and ts_ns - stream.last_ns < 1 << COMPACT_BITS:
            time = ts_ns & ((1 << COMPACT_BITS) - 1)
            header = struct.pack("<I", number | time << 5)
        else:
            header = struct.pack("<BIQ", EXTENDED_ID, number, ts_ns)
        stream.events += header + payload
        stream.last_ns = ts_ns

    def lose(self, cpu, count):
        """The tracer had no room for this many events of a CPU; told with its current packet."""
        self.streams[cpu].discarded += count

    def _metadata(self):
        words = [_TYPES, f"""
trace {{
	major = 1;
	minor = 8;
	uuid = "{self.uuid}";
	byte_order = le;
	packet.header := struct {{
		uint32_t magic;
		uint8_t  uuid[16];
		uint32_t stream_id;
		uint64_t stream_instance_id;
	}};
}};

env {{
"""]
        for key, value in self.environment.items():
            text = f'"{value}"' if isinstance(value, str) else value
            words.append(f"\t{key} = {text};\n")
        words.append(f"""}};

clock {{
	name = "monotonic";
	uuid = "6f3a3a19-506a-4f8a-863f-b339a3c128d7";
	description = "Monotonic Clock";
	freq = 1000000000;
	offset = {CLOCK_OFFSET_NS};
}};
""")
        words.append(_STREAM % (_CALLSTACK if self.callstacks else ""))
        for name, fields in self.fields.items():
            lines = "".join(f"\t\t{_declare(*field)}\n" for field in fields)
            words.append(f'\nevent {{\n\tname = "{name}";\n\tid = {self.ids[name]};\n'
                         f"\tstream_id = 0;\n\tfields := struct {{\n{lines}\t}};\n}};\n")
        return "".join(words).encode()

    def _write_metadata(self):
        """In packets of one page, each with a header of 37 bytes."""
        text = self._metadata()
        room = PACKET_SIZE - 37
        with open(self.directory / "metadata", "wb") as file:
            for at in range(0, len(text), room):
                part = text[at:at + room]
                file.write(struct.pack("<I16sIIIBBBBB", METADATA_MAGIC, self.uuid.bytes, 0,
                                       (37 + len(part)) * 8, PACKET_SIZE * 8, 0, 0, 0, 1, 8))
                file.write(part.ljust(room, b"\0"))

    def _write_stream(self, stream):
        stream.flush()
        name = f"channel0_{stream.cpu}"
        with open(self.directory / name, "wb") as file, \
                open(self.directory / "index" / f"{name}.idx", "wb") as index:
            index.write(struct.pack(">IIII", INDEX_MAGIC, 1, 1, 9 * 8))
            for number, (events, begin_ns, end_ns, discarded) in enumerate(stream.packets):
                head = struct.calcsize("<I16sIQQQQQQQI")
                content = (head + len(events)) * 8
                index.write(struct.pack(">9Q", file.tell(), PACKET_SIZE * 8, content, begin_ns,
                                        end_ns, discarded, 0, stream.cpu, number))
                packet = struct.pack("<I16sIQQQQQQQI", CTF_MAGIC, self.uuid.bytes, 0, stream.cpu,
                                     begin_ns, end_ns, content, PACKET_SIZE * 8, number,
                                     discarded, stream.cpu)
                file.write((packet + events).ljust(PACKET_SIZE, b"\0"))

    def write(self):
        (self.directory / "index").mkdir(parents=True)
        self._write_metadata()
        for stream in self.streams:
            self._write_stream(stream)


def kernel(directory, cpu_count, callstacks=False):
    """A trace of the kernel domain; callstacks: with that context of its events."""
    return Trace(directory, KERNEL_EVENTS, {
        "hostname": "fixture", "domain": "kernel", "sysname": "Linux",
        "kernel_release": "6.1.0-42-amd64",
        "kernel_version": "#1 SMP PREEMPT_DYNAMIC Debian 6.1.159-1",
        "tracer_name": "lttng-modules", "tracer_major": 2, "tracer_minor": 13,
        "tracer_patchlevel": 9, "trace_name": "fixture"}, cpu_count, callstacks)


def ust(directory, cpu_count):
    """A trace of the user space domain, with Weft's events."""
    return Trace(directory, weft_events(), {
        "domain": "ust", "tracer_name": "lttng-ust", "tracer_major": 2, "tracer_minor": 13,
        "tracer_buffering_scheme": "uid", "tracer_buffering_id": 0,
        "architecture_bit_width": 64, "trace_name": "fixture", "hostname": "fixture"}, cpu_count)


class Schedule:
    """Kernel events from the story of a few threads. Times are microseconds.

    Keeps who is on which CPU, so that a story names only who comes next.
    """

    # prev_state as the kernel reports it.
    STATES = {"sleep": 1, "disk": 2, "stopped": 4, "dead": 16, "preempted": 256, "yield": 0}

    def __init__(self, trace, names):
        """names: thread id → comm."""
        self.trace = trace
        self.names = {0: "swapper", **names}
        self.current = [0] * len(trace.streams)

    def switch(self, at_us, cpu, following, why="sleep", **context):
        """The CPU goes to thread `following` (0: idle); the former one leaves because of `why`.
        context: chain."""
        former = self.current[cpu]
        self.trace.event(at_us * 1000, cpu, "sched_switch",
                         prev_comm=self.names[former], prev_tid=former, prev_prio=20,
                         prev_state=self.STATES[why] if former else 0,
                         next_comm=self.names[following], next_tid=following, next_prio=20,
                         **context)
        self.current[cpu] = following

    def wake(self, at_us, cpu, thread, target_cpu, event="sched_waking"):
        """The CPU (so whoever runs there) wakes the thread."""
        self.trace.event(at_us * 1000, cpu, event, comm=self.names[thread], tid=thread, prio=20,
                         target_cpu=target_cpu)

    def fork(self, at_us, cpu, child, child_pid, parent_pid):
        parent = self.current[cpu]
        self.trace.event(at_us * 1000, cpu, "sched_process_fork",
                         parent_comm=self.names[parent], parent_tid=parent, parent_pid=parent_pid,
                         parent_ns_inum=4026531836, child_comm=self.names[child],
                         child_tid=child, vtids=[child], child_pid=child_pid,
                         child_ns_inum=4026531836)
        self.wake(at_us, cpu, child, cpu, "sched_wakeup_new")

    def exit(self, at_us, cpu):
        thread = self.current[cpu]
        self.trace.event(at_us * 1000, cpu, "sched_process_exit", comm=self.names[thread],
                         tid=thread, prio=20)
