# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""Profiles in pprof's format, written and read without any code of Weft's.

A profile is a dictionary: `types` and `samples` as lists, `mappings`, `locations` and `functions` by
their ids, as in proto/profile.proto. Only what tests need of the format.
"""

import gzip
import os


def _varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _number(field, number):
    return _varint(field << 3) + _varint(number) if number else b""


def _bytes(field, content):
    return _varint(field << 3 | 2) + _varint(len(content)) + content


class _Strings:
    def __init__(self):
        self.indices = {"": 0}

    def __call__(self, text):
        return self.indices.setdefault(text, len(self.indices))


def _label(strings, key, value):
    if isinstance(value, str):
        body = _number(1, strings(key)) + _number(2, strings(value))
    else:
        number, unit = value
        body = _number(1, strings(key)) + _number(3, number) + _number(4, strings(unit))
    return _bytes(3, body)


def encode(types, samples, mappings=(), period=None, comments=()):
    """A raw profile: samples are (addresses, values, labels), mappings (start, limit, offset, file,
    build_id). Every address becomes a location of the mapping around it. labels: {key: text or
    (number, unit)}."""
    strings = _Strings()
    out = bytearray()
    locations = {}
    for kind, unit in types:
        out += _bytes(1, _number(1, strings(kind)) + _number(2, strings(unit)))
    for addresses, values, labels in samples:
        ids = [locations.setdefault(address, len(locations) + 1) for address in addresses]
        body = b"".join(_varint(1 << 3) + _varint(number) for number in ids)
        body += b"".join(_varint(2 << 3) + _varint(value) for value in values)
        body += b"".join(_label(strings, key, value) for key, value in labels.items())
        out += _bytes(2, body)
    for number, (start, limit, offset, file, build_id) in enumerate(mappings, 1):
        out += _bytes(3, _number(1, number) + _number(2, start) + _number(3, limit)
                      + _number(4, offset) + _number(5, strings(file))
                      + _number(6, strings(build_id)))
    for address, number in locations.items():
        owner = next((index for index, mapping in enumerate(mappings, 1)
                      if mapping[0] <= address < mapping[1]), 0)
        out += _bytes(4, _number(1, number) + _number(2, owner) + _number(3, address))
    if period:
        (kind, unit), amount = period
        out += _bytes(11, _number(1, strings(kind)) + _number(2, strings(unit)))
        out += _number(12, amount)
    for comment in comments:
        out += _varint(13 << 3) + _varint(strings(comment))
    for text in strings.indices:
        out += _bytes(6, text.encode())
    return bytes(out)


def encode_stacks(stacks):
    """A profile with names: {"outermost;...;innermost": count}. Every name is a function in NAME.c, with
    one location; nothing has an address."""
    strings = _Strings()
    out = bytearray(_bytes(1, _number(1, strings("samples")) + _number(2, strings("count"))))
    ids = {}
    for stack, count in stacks.items():
        body = b"".join(_varint(1 << 3) + _varint(ids.setdefault(name, len(ids) + 1))
                        for name in reversed(stack.split(";")))
        out += _bytes(2, body + _varint(2 << 3) + _varint(count))
    for name, number in ids.items():
        out += _bytes(4, _number(1, number) + _bytes(4, _number(1, number) + _number(2, 1)))
        out += _bytes(5, _number(1, number) + _number(2, strings(name)) + _number(4, strings(name + ".c")))
    for text in strings.indices:
        out += _bytes(6, text.encode())
    return bytes(out)


def _fields(content):
    at = 0

    def varint():
        nonlocal at
        number = shift = 0
        while True:
            byte = content[at]
            at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    while at < len(content):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        else:
            assert key & 7 == 2, key
            size = varint()
            yield key >> 3, content[at:at + size]
            at += size


def _all(fields, field):
    """Values of a repeated number, packed or not."""
    numbers = []
    for key, value in fields:
        if key == field:
            numbers += [value] if isinstance(value, int) else [n for n in _packed(value)]
    return numbers


def _packed(content):
    number = shift = 0
    for byte in content:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0


def _signed(number):
    return number - (1 << 64) if number >= 1 << 63 else number


def decode(content):
    """A profile as written by Weft: gzipped."""
    fields = list(_fields(gzip.decompress(content)))
    strings = [value.decode(errors="replace") for key, value in fields if key == 6]

    def messages(field):
        return [dict(_fields(value)) for key, value in fields if key == field]

    functions = {f[1]: {"name": strings[f.get(2, 0)], "system_name": strings[f.get(3, 0)],
                        "file": strings[f.get(4, 0)], "start_line": f.get(5, 0)}
                 for f in messages(5)}
    mappings = {m[1]: {"start": m.get(2, 0), "limit": m.get(3, 0), "file": strings[m.get(5, 0)],
                       "build_id": strings[m.get(6, 0)],
                       "has": tuple(bool(m.get(bit, 0)) for bit in (7, 8, 9, 10))}
                for m in messages(3)}
    locations = {}
    for key, value in fields:
        if key == 4:
            body = list(_fields(value))
            lines = [dict(_fields(line)) for number, line in body if number == 4]
            one = {number: content for number, content in body if number != 4}
            locations[one[1]] = {
                "mapping": one.get(2, 0), "address": one.get(3, 0),
                "lines": [(functions[line[1]], line.get(2, 0)) for line in lines]}
    samples = []
    for key, value in fields:
        if key == 2:
            body = list(_fields(value))
            labels = [dict(_fields(label)) for number, label in body if number == 3]
            samples.append({"stack": [locations[n] for n in _all(body, 1)],
                            "values": [_signed(n) for n in _all(body, 2)],
                            "labels": {strings[label[1]]: strings[label[2]] if 2 in label
                                       else _signed(label.get(3, 0)) for label in labels}})
    return {"types": [(strings[t.get(1, 0)], strings[t.get(2, 0)]) for t in messages(1)],
            "period_type": next(((strings[t.get(1, 0)], strings[t.get(2, 0)])
                                 for t in messages(11)), None),
            "duration_ns": next((value for key, value in fields if key == 10), 0),
            "samples": samples, "mappings": mappings, "locations": locations,
            "functions": functions,
            "comments": [strings[n] for n in _all(fields, 13)]}


def read_maps(text):
    """Executable mappings of /proc/PID/maps as encode() takes them, without build ids."""
    mappings = []
    for line in text.splitlines():
        words = line.split(None, 5)
        if len(words) == 6 and "x" in words[1]:
            start, limit = (int(number, 16) for number in words[0].split("-"))
            mappings.append((start, limit, int(words[2], 16), words[5], ""))
    return mappings


def build_id(path):
    """Of an ELF file of this machine's word size, "" when it has none."""
    content = open(os.fspath(path), "rb").read()
    at = content.find(b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0")
    return content[at + 16:at + 36].hex() if at >= 0 else ""
