"""Malicious bodies: valid ones, damaged in the ways that break parsers."""

import copy
import gzip
import json
import random
import re
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import zstandard

SURROGATE = "\ud800"  # escaped by json.dumps, as half of a pair

ATOMS: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 0.5, -0.0, 1e-320, 1e308, 2**31, 2**53, -(2**53), 2**63 - 1, 2**63, -(2**63) - 1, 2**64 - 1,
    2**64, 10**30, 10**999, 10**1000, 1000, 1001, 0.001, 0.0009, 3162240000, 3162240001, "", "a", "0", "null", "\0",
    "\x7f", "\u2028", "\ufeff",
    SURROGATE, "a" * 512, "a" * 513, "é" * 256, "é" * 257, "🦄" * 128, "x" * 70_000, "../..", "%00", "{}", "default", "absent",
    "*", "team-*", "2100-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-23:59", "0001-01-01T00:00:00+23:59",
    "2026-02-30T25:61:00Z", "=", "write", [], [[]], {}, {"": None}, {"a": {"a": {}}}, {"key": "a"},
    {"operation": "read", "key": "a"}, list(range(200)), ["a"] * 1001,
)  # fmt: skip
# Valid, nearly valid and extreme values of the members of these names.
OF_MEMBERS: Mapping[str, tuple[Any, ...]] = {
    "expires_at": (
        "9999-12-31T23:59:59.999999-23:59", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+23:59", "1969-12-31T23:59:59Z",
        "2100-01-01T00:00:00", "2100-02-30T00:00:00Z", "2100-01-01", 1e18, 253402300800, -1,
    ),
    "ttl": (None, 0.001, 0.0004, 3162240000, 3162240000.001, 1e308, -1, True),
    "by": (0, 2**63 - 1, -(2**63), 2**64 - 1, 1e308, -1e308, 5e-324, 0.1, -0.0),
    "target": ("revision", "version", "exists", "value"),
    "operation": ("write", "delete", "read", "increment"),
    "operator": ("=", "!=", "<", "<=", ">", ">="),
    "operand": (0, 2**53 - 1, 2**53, True, None, {"x": 1}, "x"),
    "key": ("a", "b", "n", "\u007f", "a" * 512, "é" * 256, "🦄" * 128),
    "media_type": ("a/b", "application/json", "a/b\r\nX: 1", "a/b;" + " ;" * 100 + "?", "x" * 256, 'a/b; c="\\""'),
    "base64": ("", "AA==", "AA", "A===", "AA==AA==", "_-8=", "AA=\n=", "A" * 70_000),
    "changes_kept": (0, 1, 1000000, 1000001),
    "history_kept": (0, 1, 1000, 1001, -1, None),
    "quota_pairs": (0, 1, 10**12, 10**12 + 1, None),
    "quota_bytes": (0, 1, 10**12, 10**12 + 1, None),
}  # fmt: skip
RAW_NUMBERS = (
    b"1e400", b"-1e400", b"NaN", b"Infinity", b"-Infinity", b"0x10", b"01", b"1.", b".5", b"+1", b"1_000", b"-", b"1e", b"--1",
    b"9" * 25, b"9" * 4300, b"9" * 20_000, b"0." + b"0" * 5000 + b"1", b"1" + b"0" * 309, b"1e-99999999",
)  # fmt: skip
PIECES = (
    b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x00", b"\x1f", b"\\ud800", b"\\udc00\\ud800",
    b"\\u00", b"\\x", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\xef\xbb\xbf", b"//", b"/**/", b"'", b"\n", b"\r\n",
    b"null", b"]" * 50,
)  # fmt: skip
DEPTHS = (1, 63, 64, 65, 127, 200, 1000, 100_000)


# What is compressed, and how often it is repeated at most.
BOMBS = ((b"\n", 9_000_000), (b"\0", 9_000_000), (b"{\n", 50_000), (b'{"key":"a","value":1}\n', 50_000))


class Chance(random.Random):
    """A random source."""

    def happens(self, share: float) -> bool:
        """Return True with this probability."""
        return self.random() < share


class BodyMaker:
    """Makes bodies of one random source."""

    def __init__(self, source: Chance) -> None:
        self._random = source

    def damage(self, valid: Any) -> bytes:
        """Return the text of a JSON document (bytes: JSON lines), damaged in some places or not at all."""
        choose = self._random
        if isinstance(valid, bytes):
            return self._damage_lines(valid)
        document = copy.deepcopy(valid)
        while choose.happens(0.6):
            document = self._change(document)
        text = json.dumps(document, ensure_ascii=choose.happens(0.5), separators=(",", ":")).encode("utf-8", "surrogatepass")
        while choose.happens(0.25):
            text = choose.choice(self._BREAKS)(self, text)
        return text

    def encode(self, text: bytes) -> tuple[bytes, bytes]:
        """Return a content coding and a body that is, or only claims to be, in that coding."""
        choose = self._random
        coding = choose.choice((b"gzip", b"zstd", b"gzip", b"zstd", b"deflate", b"br", b"gzip, gzip", b"identity", b"\xff", b""))
        if choose.happens(0.1):
            piece, most = choose.choice(BOMBS)
            text = piece * choose.choice((1000, most))
        packed = zstandard.compress(text) if coding == b"zstd" else gzip.compress(text, 1)
        match choose.randrange(8):
            case 0:
                packed = packed[: choose.randrange(len(packed))]
            case 1:
                packed = self._flip(packed)
            case 2:
                packed += packed
            case 3:
                packed += b"garbage"
            case 4:
                packed = choose.choice((text, zlib.compress(text), b"", b"\x1f\x8b", b"\x28\xb5\x2f\xfd"))
        return coding, packed

    def _damage_lines(self, valid: bytes) -> bytes:
        choose = self._random
        lines = [self.damage(json.loads(line)) for line in valid.splitlines() if choose.happens(0.9)]
        if choose.happens(0.1):
            lines *= choose.randrange(50)
        if choose.happens(0.02):
            lines.append(b'{"key":"' + b"k" * 9_000_000)
        return choose.choice((b"\n", b"\n", b"\r\n", b"\n\n\n", b"\r", b"")).join(lines)

    def _change(self, document: Any) -> Any:
        """Change a part of the document, or all of it."""
        choose = self._random
        if not isinstance(document, (dict, list)) or not document or choose.happens(0.15):
            return self._atom()
        if isinstance(document, list):
            place = choose.randrange(len(document))
            match choose.randrange(5):
                case 0:
                    del document[place]
                case 1:
                    document.append(copy.deepcopy(document[place]))
                case _:
                    document[place] = self._change(document[place])
            return document
        name = choose.choice(list(document))
        match choose.randrange(5):
            case 0:
                del document[name]
            case 1:
                document[choose.choice(("unknown", "", "__class__", "key", SURROGATE, "a" * 600, *document))] = self._atom()
            case 2 if name in OF_MEMBERS:
                document[name] = copy.deepcopy(choose.choice(OF_MEMBERS[name]))
            case _:
                document[name] = self._change(document[name])
        return document

    def _atom(self) -> Any:
        if self._random.happens(0.05):
            value: Any = 1
            for _ in range(self._random.choice(DEPTHS[:-2])):
                value = [value] if self._random.happens(0.5) else {"a": value}
            return value
        return copy.deepcopy(self._random.choice(ATOMS))

    def _flip(self, text: bytes) -> bytes:
        place = self._random.randrange(len(text) + 1)
        return text[:place] + self._random.randbytes(self._random.randrange(1, 4)) + text[place + 1 :]

    def _insert(self, text: bytes) -> bytes:
        place = self._random.randrange(len(text) + 1)
        return text[:place] + self._random.choice(PIECES) + text[place:]

    def _cut(self, text: bytes) -> bytes:
        return text[: self._random.randrange(len(text) + 1)]

    def _repeat_members(self, text: bytes) -> bytes:
        return b"{" + b",".join([text[1:-1] or b'"a":1'] * self._random.choice((2, 3, 50))) + b"}"

    def _put_number(self, text: bytes) -> bytes:
        numbers = list(re.finditer(rb"-?\d[\d.eE+-]*", text))
        if not numbers:
            return self._random.choice(RAW_NUMBERS)
        found = self._random.choice(numbers)
        return text[: found.start()] + self._random.choice(RAW_NUMBERS) + text[found.end() :]

    def _nest(self, text: bytes) -> bytes:
        depth = self._random.choice(DEPTHS)
        opening, closing = self._random.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"[", b"")))
        return opening * depth + text + closing * depth

    def _recode(self, text: bytes) -> bytes:
        coding = self._random.choice(("utf-16", "utf-32", "latin-1", "utf-8-sig"))
        return text.decode("utf-8", "replace").encode(coding, "replace")

    _BREAKS: tuple[Callable[["BodyMaker", bytes], bytes], ...] = (
        _flip, _insert, _insert, _cut, _repeat_members, _put_number, _put_number, _nest, _recode,
    )  # fmt: skip
