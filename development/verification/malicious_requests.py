"""Malicious requests to the key-value service, for each operation in its OpenAPI document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_from_bytes

from verification.malicious_bodies import BodyMaker, Chance

BINARY = {"media_type": "image/png", "base64": "iVBORw0KGgo="}
PAIRS = (
    b'{"key":"a","value":1}\n{"key":"b","value":"x","expires_at":"2100-01-01T00:00:00Z"}\n{"key":"c","value":[{}]}\n'
    b'{"key":"d","binary":{"media_type":"a/b","base64":"AA=="}}\n'
)

# A valid body for each operation that takes one.
VALID_BODIES: Mapping[tuple[str, str], Any] = {
    ("POST", "/write"): {
        "data": {"a": 1, "b": {"c": [1.5, None]}}, "binary": {"d": BINARY}, "namespace": "default", "ttl": 60,
        "if_absent": False, "if_revision": {"a": 7},
    },
    ("POST", "/read"): {"keys": ["a", "b"], "namespace": "default", "metadata": True},
    ("POST", "/delete"): {"keys": ["a", "b"], "namespace": "default", "if_revision": {"a": 7}, "previous": True},
    ("PUT", "/namespaces/{name}"): {
        "description": "d", "quota_pairs": 1000, "quota_bytes": 1000000, "default_ttl": 60, "changes_kept": 100,
        "history_kept": 10,
    },
    **{
        (method, pair + part): body
        for pair in ("/namespaces/{namespace}/pair", "/namespaces/{namespace}/pairs/{key}")
        for method, part, body in (
            ("PUT", "", {"a": [1, {"b": None}]}), ("PATCH", "", {"a": {"b": 1, "c": None}}), ("PUT", "/ttl", {"ttl": 60}),
            ("POST", "/increment", {"by": 1}),
        )
    },
    ("POST", "/namespaces/{namespace}/transactions"): {
        "compare": [
            {"target": "revision", "key": "a", "operator": ">=", "operand": 1},
            {"target": "version", "key": "a", "operator": "<", "operand": 9},
            {"target": "exists", "key": "b", "operator": "=", "operand": True},
            {"target": "value", "key": "c", "operator": "!=", "operand": {"x": 1}},
            {"target": "value", "key": "d", "operator": "=", "binary": BINARY},
        ],
        "then": [{"operation": "write", "key": "a", "value": 1, "ttl": 60}, {"operation": "increment", "key": "n", "by": 1},
            {"operation": "write", "key": "d", "binary": BINARY},
        ],
        "else": [{"operation": "read", "key": "a"}, {"operation": "delete", "key": "b"}],
    },
    ("POST", "/namespaces/{namespace}/import"): PAIRS,
}  # fmt: skip

NAMESPACES = (
    b"default", b"default", b"fuzzed", b"fuzzed", b"absent", b"UPPER", b"a" * 64, b"a" * 65, b"%2e%2e", b"..", b"*", b"a%00",
)  # fmt: skip
KEYS = (
    b"a", b"a", b"b", b"n", b"%2F", b"a%2Fb", b".", b"%2e%2e", b"%00", b"%ff", b"%ed%a0%80", b"%C3%A9", b"\xc3\xa9", b"\xff",
    b"%", b"%zz", b"%F0%9F%A6%84", b"ttl", b"increment", b"a;b", b"a+b", b"a%20b", b"a%0d%0aX:1", b"k" * 512, b"k" * 513,
    b"%C3%A9" * 257, b"k" * 70_000,
)  # fmt: skip
TEXTS = (
    b"", b"a", b"null", b"true", b"false", b"yes", b"0", b"1", b"-1", b"1.5", b"0.0001", b"1e999", b"nan", b"inf", b"-inf",
    b"1_0", b"+5", b"9" * 30, b"9" * 5000, b"9007199254740991", b"9007199254740992", b"%D9%A3", b"%ff", b"%00", b"%ed%a0%80",
    b"%F4%8F%BF%BF", b"%zz", b"a" * 513, b"%C3%A9" * 300, b"replace", b"if_absent", b"<script>", b"'\"", b"1000", b"1001",
    b"AAAA", b"%0d%0a",
)  # fmt: skip
FIELD_VALUES = (
    b"", b"*", b'"1"', b'"7", "8"', b'W/"1"', b'"' + b"9" * 400 + b'"', b'"1"' * 500, b'"1", ' * 2000, b"*, *", b'"', b"1",
    b"-1", b"abc", b"9" * 5000, b"\xc3\xa9", b"\xff\xfe", b"a\tb", b"100-continue", b"chunked", b"close", b"h2c",
    b"gzip;q=0, zstd;q=2, *;q=nan", b"identity;q=0", b"bytes=0-", b"a" * 8000, b'"a\\', b'"a\\b"', b'"a";b',
    b'"' + b"a" * 255 + b'"',
)  # fmt: skip
FIELDS = (
    b"If-Match", b"If-None-Match", b"Last-Event-ID", b"Accept-Encoding", b"X-Request-ID", b"Range", b"Accept", b"TE",
    b"X-Forwarded-For", b"Cookie", b"Content-Type", b"Authorization", b"Idempotency-Key",
)  # fmt: skip
# These may make something else of the message, or no HTTP.
FRAMING_FIELDS = (
    b"Transfer-Encoding", b"Content-Length", b"Upgrade", b"Connection", b"Expect", b"Host", b"X-\x80", b"X y", b"", b" X",
)  # fmt: skip
METHODS = (b"HEAD", b"OPTIONS", b"TRACE", b"CONNECT", b"BREW", b"get", b"POST", b"PATCH", b"")
MEDIA_TYPES = (
    b"application/json; charset=utf-8", b"application/json; charset=utf-16", b"text/plain",
    b"application/x-www-form-urlencoded", b"", b"multipart/form-data; boundary=x", b"application/json, application/json",
    b"*/*", b"application/xml", b"image/png", b'text/html; x="\\"y"', b"a/" + b"b" * 300, b"a/b;" + b" ;" * 4000 + b"?",
    b'application/json; charset="',
)  # fmt: skip
LARGE = 100_000
LINES = (
    b"%b %b HTTP/1.0", b"%b %b HTTP/2.0", b"%b %b", b"%b  %b HTTP/1.1", b" %b %b HTTP/1.1", b"%b http://h%b HTTP/1.1",
    b"%b *%b HTTP/1.1",
)  # fmt: skip


@dataclass(frozen=True)
class MaliciousRequest:
    """The bytes to send, in parts; they may end too early, and may be several requests."""

    operation: tuple[str, str]
    parts: Sequence[bytes]
    is_alone: bool
    """Whether nothing is sent after it."""
    is_answered: bool
    """Whether it is valid enough as HTTP that it must be answered; otherwise the connection may be closed instead."""
    may_do: bool
    """Whether the client has grants for the operation, by its token or, perhaps, by a ticket."""


class RequestMaker:
    """Makes requests from one random source. `tokens`: first an administrator's, then those of clients without grants."""

    def __init__(self, document: Mapping[str, Any], tokens: Sequence[str], source: Chance) -> None:
        self._random = source
        self._bodies = BodyMaker(source)
        self._tokens = [token.encode() for token in tokens]
        self.cursors: list[bytes] = []
        """Valid ones, from responses."""
        self.tickets: list[bytes] = []
        """Unused ones, from responses."""
        self._operations = [
            (method.upper(), path, operation)
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        ]
        lacking = {
            (method, path) for method, path, operation in self._operations if "requestBody" in operation
        } - VALID_BODIES.keys()
        assert not lacking, f"no valid bodies for {lacking}"

    def make(self) -> MaliciousRequest:
        """Return the next request."""
        choose = self._random
        method, path, operation = choose.choice(self._operations)
        may_do = choose.happens(0.9)
        token = self._tokens[0] if may_do else choose.choice(self._tokens[1:])
        is_odd = choose.happens(0.04)
        head = self._make_line(method, path, operation, is_odd=is_odd) + b"\r\n"
        fields = [b"Host: h"]
        if b"ticket=" not in head or choose.happens(0.2):
            fields.append(b"Authorization: Bearer " + (token if choose.happens(0.97) else self._damage_token(token)))
        body = b""
        if b"restore=" in head and choose.happens(0.7):
            pass  # it stands for the body
        elif "requestBody" in operation:
            body = self._bodies.damage(VALID_BODIES[method, path])
            types = [name.encode() for name in operation["requestBody"]["content"]]
            fields.append(b"Content-Type: " + (choose.choice(types) if choose.happens(0.95) else choose.choice(MEDIA_TYPES)))
            if choose.happens(0.3 if path.endswith("/import") else 0.03):
                coding, body = self._bodies.encode(body)
                fields.append(b"Content-Encoding: " + coding)
        elif choose.happens(0.05):
            body = choose.choice((b"{}", b"x" * 100_000))
        while choose.happens(0.2):
            is_odd = is_odd or choose.happens(0.2)
            fields.append(choose.choice(FRAMING_FIELDS if is_odd else FIELDS) + b": " + choose.choice(FIELD_VALUES))
        choose.shuffle(fields)
        head += b"".join(field + b"\r\n" for field in fields)
        message, is_framed = self._frame(head, body)
        is_alone = choose.happens(0.95)
        if not is_alone:
            message += choose.choice((b"GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n", message, b"garbage\r\n\r\n"))
        cut = choose.randrange(1, len(message)) if choose.happens(0.1) else len(message)
        return MaliciousRequest(
            (method, path), [message[:cut], message[cut:]], is_alone, is_framed and not is_odd, may_do or b"ticket=" in head
        )

    def _make_line(self, method: str, path: str, operation: Mapping[str, Any], *, is_odd: bool) -> bytes:
        choose = self._random
        target = path.encode()
        for name in (b"{namespace}", b"{name}"):
            target = target.replace(name, choose.choice(NAMESPACES))
        target = target.replace(b"{key}", self._make_key())
        parameters = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
        names = [one["name"] for one in parameters if choose.happens(0.95 if one.get("required") else 0.3)]
        query = [name.encode() + b"=" + self._make_value(name) for name in names]
        if choose.happens(0.02):
            query *= choose.choice((2, 200))
        if choose.happens(0.05):
            query.append(choose.choice((b"unknown=1", b"=", b"&&&", b"%zz", b"a" * 70_000, b"?#")))
        if query:
            target += b"?" + b"&".join(query)
        known = method.encode()
        if is_odd and choose.happens(0.5):
            return choose.choice(LINES) % (known, target)
        return b"%b %b HTTP/1.1" % (choose.choice(METHODS) if is_odd else known, target)

    def _make_key(self) -> bytes:
        choose = self._random
        return choose.choice(KEYS) if choose.happens(0.9) else quote_from_bytes(choose.randbytes(9)).encode()

    def _make_value(self, name: str) -> bytes:
        choose = self._random
        if name == "key":
            return self._make_key()
        if name == "cursor" and self.cursors and choose.happens(0.7):
            cursor = bytearray(choose.choice(self.cursors))
            if choose.happens(0.7):
                cursor[choose.randrange(len(cursor))] = choose.choice(b"AZaz09-_=%")
            return bytes(cursor)
        if name == "ticket" and self.tickets and choose.happens(0.7):
            return self.tickets.pop()
        if name == "restore" and choose.happens(0.7):
            return b"%d" % choose.randrange(1, 500)
        if name == "limit" and choose.happens(0.5):
            return b"1"
        value = choose.choice(TEXTS)
        return b"0" if name == "wait" and value.startswith((b"1", b"+5")) else value  # so that no request waits for changes

    def _damage_token(self, token: bytes) -> bytes:
        place = self._random.randrange(len(token))
        return self._random.choice((token[:place], token[:place] + b"A" + token[place + 1 :], b"", b"a.b.c", token * 8, b"\xff"))

    def _frame(self, head: bytes, body: bytes) -> tuple[bytes, bool]:
        """Return the message, and whether it ends where its header says."""
        choose = self._random
        if choose.happens(0.15):
            chunks, is_framed = self._make_chunks(body)
            return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks, is_framed
        if body or choose.happens(0.1):
            is_framed = choose.happens(0.98)
            length = len(body) if is_framed else choose.choice((0, 1, len(body) + 5, 10**9, -1, 2**64))
            return head + b"Content-Length: %d\r\n\r\n" % length + body, is_framed
        return head + b"\r\n", True

    def _make_chunks(self, body: bytes) -> tuple[bytes, bool]:
        choose = self._random
        size = choose.choice((1, 7, 1000, LARGE)) if len(body) < LARGE else LARGE
        chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in (body[at : at + size] for at in range(0, len(body), size))]
        if choose.happens(0.9):
            return b"".join(chunks) + choose.choice((b"0\r\n\r\n", b"0;x=1\r\nX-Trailer: 1\r\n\r\n", b"00000\r\n\r\n")), True
        broken = (b"zz\r\n", b"-1\r\n", b"f" * 18 + b"\r\n", b"5;ext=1\r\nabc\r\n", b"\r\n", b"1\r\nab", b"1\r\na", b"")
        chunks.insert(choose.randrange(len(chunks) + 1), choose.choice(broken))
        return b"".join(chunks) + choose.choice((b"0\r\n\r\n", b"0\r\n", b"")), False
