#!/usr/bin/env python3
# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
"""Makes a shared library stop asking for symbol versions that this system does not have.

usage: relax_versions.py LIBRARY SYSTEM_LIBRARY...
A version that LIBRARY needs from one of the system libraries (matched by file name) and that the
latter does not define is replaced, in place, by one it does define, and the symbols that wanted it
become unversioned. Prints the versions that were replaced; nothing when all are there.
"""
import os
import struct
import sys

SHT_GNU_VERNEED = 0x6FFFFFFE
SHT_GNU_VERSYM = 0x6FFFFFFF
HIDDEN = 0x8000


def sections(image):
    """(type, offset, size, link, info) of each section of a 64-bit little-endian ELF file."""
    if image[:6] != b"\x7fELF\x02\x01":
        raise SystemExit("not a 64-bit little-endian ELF file")
    (table,) = struct.unpack_from("<Q", image, 40)
    entry, count, _ = struct.unpack_from("<HHH", image, 58)
    for i in range(count):
        header = struct.unpack_from("<IIQQQQII", image, table + i * entry)
        _, kind, _, _, offset, size, link, info = header
        yield kind, offset, size, link, info


def text_at(image, offset):
    return image[offset : image.index(0, offset)].decode()


def needed_versions(image, section, strings):
    """For each library: (file name, [(version, place of its record)])."""
    _, place, _, _, count = section
    for _ in range(count):
        _, n_versions, name, first, step = struct.unpack_from("<HHIII", image, place)
        versions, record = [], place + first
        for _ in range(n_versions):
            _, _, _, version, next_record = struct.unpack_from("<IHHII", image, record)
            versions.append((text_at(image, strings + version), record))
            record += next_record
        yield text_at(image, strings + name), versions
        place += step


def relax(path, system_paths):
    with open(path, "rb") as file:
        image = bytearray(file.read())
    table = list(sections(image))
    need = next((s for s in table if s[0] == SHT_GNU_VERNEED), None)
    symbols = next((s for s in table if s[0] == SHT_GNU_VERSYM), None)
    if need is None or symbols is None:
        return []
    system = {}
    for system_path in system_paths:
        with open(system_path, "rb") as file:
            system[os.path.basename(system_path)] = file.read()
    missing, released = [], set()
    for library, versions in needed_versions(image, need, table[need[3]][1]):
        if library not in system:
            continue
        present = [r for v, r in versions if b"\0" + v.encode() + b"\0" in system[library]]
        for version, record in versions:
            if record in present:
                continue
            if not present:
                raise SystemExit(f"{library} has none of the versions that {path} needs")
            digest, _, _, name, _ = struct.unpack_from("<IHHII", image, present[0])
            _, _, index, _, _ = struct.unpack_from("<IHHII", image, record)
            struct.pack_into("<I", image, record, digest)
            struct.pack_into("<I", image, record + 8, name)
            missing.append(version)
            released.add(index)
    _, start, size, _, _ = symbols
    for place in range(start, start + size, 2):
        if struct.unpack_from("<H", image, place)[0] & ~HIDDEN in released:
            struct.pack_into("<H", image, place, 1)
    if missing:
        with open(path, "wb") as file:
            file.write(image)
    return missing


if __name__ == "__main__":
    print(*relax(sys.argv[1], sys.argv[2:]))
