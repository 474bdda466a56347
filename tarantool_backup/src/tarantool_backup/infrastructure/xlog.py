"""Tarantool's files of changes (`.snap`, `.xlog`): a text that describes the file, then blocks of rows.

A block is 19 bytes (a marker, its length, two checksums, padding), and rows in MessagePack: a header, and mostly a body. Blocks
hold whole transactions, several of them; long blocks are compressed.
https://www.tarantool.io/en/doc/latest/dev_guide/internals/file_formats/
"""

import mmap
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import crc32c
import msgpack
import zstandard

from tarantool_backup.domain.failures import BackupError

_ROWS, _COMPRESSED, _END = b"\xd5\xba\x0b\xab", b"\xd5\xba\x0b\xba", b"\xd5\x10\xad\xed"
_HEADER_BYTES = 19
_MAX_BLOCK_BYTES = 1 << 30
# Keys of a row's header, and of its body.
_TYPE, _TIMESTAMP, _FIRST_OF_TRANSACTION, _FLAGS = 0x00, 0x04, 0x08, 0x09
SPACE, KEY, TUPLE = 0x10, 0x20, 0x21
_IS_LAST = 1
_ALL_BITS = 0xFFFFFFFF
INSERT, REPLACE, DELETE, _NOTHING = 2, 3, 5, 12


class Row(NamedTuple):
    """One change. `body` has the space, and a tuple or a key, by the constants of this module."""

    kind: int
    timestamp: float
    """Seconds since 1970-01-01 UTC."""
    body: dict[int, Any]


class _Block(NamedTuple):
    start: int
    """In the file, where its header begins."""
    rows: bytes


def read_transactions(path: Path) -> Iterator[Sequence[Row]]:
    """Yield the transactions of a file, up to a block that was not written whole. Raises BackupError where it is broken."""
    for block in _read_blocks(path):
        for rows, _ in _split(block):
            yield rows


def cut(path: Path, is_wanted: Callable[[Sequence[Row]], bool]) -> bool:
    """Remove the first transaction that is not wanted, and all that follow it; return whether there was one."""
    for block in _read_blocks(path):
        end = 0
        for rows, stop in _split(block):
            if not is_wanted(rows):
                with path.open("r+b") as file:
                    file.truncate(block.start)
                    file.seek(block.start)
                    if end:
                        file.write(_make_block(block.rows[:end]))
                return True
            end = stop
    return False


def _read_blocks(path: Path) -> Iterator[_Block]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
        end_of_text = content.find(b"\n\n")
        if end_of_text < 0:
            raise BackupError(f"{path.name} is no file of Tarantool")
        place, size = end_of_text + 2, os.fstat(file.fileno()).st_size
        while place + _HEADER_BYTES <= size:
            marker = content[place : place + 4]
            if marker not in {_ROWS, _COMPRESSED}:
                if marker == _END or not content[place:].strip(b"\0"):
                    return
                raise BackupError(f"{path.name} is broken at byte {place}")
            length, _, checksum = _read_numbers(content[place + 4 : place + _HEADER_BYTES])
            start = place + _HEADER_BYTES
            rows = content[start : start + length]
            if len(rows) < length:
                return  # not written whole
            if _checksum(rows) != checksum:
                raise BackupError(f"{path.name} is broken at byte {place}: its checksum differs")
            if marker == _COMPRESSED:
                rows = zstandard.ZstdDecompressor().decompressobj().decompress(rows)
            yield _Block(place, rows)
            place = start + length


def _checksum(content: bytes) -> int:
    return crc32c.crc32c(content, _ALL_BITS) ^ _ALL_BITS  # CRC-32C without the inversions before and after


def _read_numbers(header: bytes) -> tuple[int, int, int]:
    unpacker = msgpack.Unpacker()
    unpacker.feed(header)
    return unpacker.unpack(), unpacker.unpack(), unpacker.unpack()


def _split(block: _Block) -> Iterator[tuple[Sequence[Row], int]]:
    """Yield the transactions of a block, and where each of them ends in its rows."""
    unpacker = msgpack.Unpacker(raw=True, strict_map_key=False, max_buffer_size=_MAX_BLOCK_BYTES, use_list=True)
    unpacker.feed(block.rows)
    rows: list[Row] = []
    while unpacker.tell() < len(block.rows):
        header = unpacker.unpack()
        body = {} if header[_TYPE] == _NOTHING else unpacker.unpack()
        rows.append(Row(header[_TYPE], header.get(_TIMESTAMP, 0.0), body))
        # A transaction of one row has neither of the two.
        if _FIRST_OF_TRANSACTION not in header or header.get(_FLAGS, 0) & _IS_LAST:
            yield rows, unpacker.tell()
            rows = []


def _make_block(rows: bytes) -> bytes:
    header: bytes = _ROWS + msgpack.packb(len(rows)) + msgpack.packb(0) + msgpack.packb(_checksum(rows))
    padding = _HEADER_BYTES - len(header)
    if padding:  # a text of zeros, whose own length takes a byte
        header += bytes([0xA0 + padding - 1]) + bytes(padding - 1)
    return header + rows
