"""Exporting and importing a namespace as newline-delimited JSON, with constant memory."""

import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing
from json.encoder import encode_basestring
from typing import Annotated, Any

from dishka import FromDishka
from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from key_value_service.application.pairs.pair_ranges import PairPage
from key_value_service.application.transfer.export_pairs import ExportPairs, ExportPairsRequest
from key_value_service.application.transfer.import_pairs import ImportMode, ImportPairs, ProposedPair
from key_value_service.domain.exceptions import ImportRefusedError
from key_value_service.domain.value_objects.import_summary import BrokenLine
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.presentation.api.consistency import Stale, render_staleness
from key_value_service.presentation.api.idempotency import NoKeyInHeader
from key_value_service.presentation.api.metadata import render_time
from key_value_service.presentation.api.paths import NamespaceInPath
from key_value_service.presentation.api.problems import NAMESPACE_ERRORS, WRITE_ERRORS, Operation, describe_import
from key_value_service.presentation.api.values import ValueBody, render_value
from shared_kernel.domain.rules import RulesBrokenError, Violation
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body import BYTE_ORDER_MARK, BodyParser
from shared_kernel.presentation.http.routing.body_stream import BodyStream
from shared_kernel.presentation.http.routing.content_coding import ENCODED
from shared_kernel.presentation.http.routing.direct_route import raises, sends, streams
from shared_kernel.presentation.http.routing.errors import MalformedBodyError
from shared_kernel.presentation.http.server.response import NO_STORE, StreamingResponse

NDJSON = "application/x-ndjson"
MAX_LINE = 8 * 1024 * 1024
"""Bytes: enough for a key and a value of 1 MiB of text, even if each character is written as an escape."""
LINES_AT_ONCE = 100
"""Lines parsed before other requests have their turn: refused lines do not wait for the database, and would block them."""

router = APIRouter(tags=["transfer"], route_class=Operation)


class ImportedLine(ValueBody):
    """A line with a pair. The first line of an export is ignored."""

    key: str
    value: Any = Field(default_factory=lambda: None)
    expires_at: AwareDatetime | None = None


_FIRST_LINE = {
    "description": "The first line of an export",
    "type": "object",
    "required": ["namespace", "revision"],
    "properties": {"namespace": {"type": "string"}, "revision": {"type": "integer"}},
    "additionalProperties": False,
}
LINE = {"anyOf": [ImportedLine.model_json_schema(), _FIRST_LINE]}


class ImportBody(BodyStream):
    """Lines with pairs."""

    media_types = (NDJSON,)
    max_bytes = 16 * 1024**3
    item = LINE


class LineError(BaseModel):
    """Why a line was refused."""

    line: int = Field(description="Its number, from 1")
    field: str
    rule: str
    message: str


class ImportResponse(BaseModel):
    """What happened to the lines."""

    written: int = Field(description="Number of pairs inserted or replaced")
    skipped: int = Field(description="With the mode `if_absent`, number of pairs that existed")
    expired: int = Field(description="Number of pairs that had already expired")
    refused: int = Field(description="Number of lines that broke a rule and were skipped")
    revision: int = Field(description="The namespace's revision after the last change")
    errors: list[LineError] = Field(description="The reasons, for the first hundred refused lines")


@router.get("/namespaces/{namespace}/export")
@sends(NO_STORE)
@sends(ENCODED, are_always_sent=False)
@streams(NDJSON, LINE)
@raises(*NAMESPACE_ERRORS)
async def export_pairs(
    namespace: NamespaceInPath,
    caller: Authenticated,
    use_case: FromDishka[ExportPairs],
    prefix: Annotated[str, Query(description="Only keys with this prefix")] = "",
    stale: Stale = None,
) -> StreamingResponse:
    """Return all pairs, one a line, after a first line with the revision to follow the changes from.

    Pairs are read while other requests write. Applying all changes after that revision to the exported pairs makes an exact copy.
    """
    revision, pages = await use_case(caller, ExportPairsRequest(namespace, prefix, stale))
    return StreamingResponse(
        _render(namespace, revision, pages),
        NDJSON.encode(),
        headers=NO_STORE + render_staleness(stale),
        may_be_compressed=True,
        ends_with_token=True,
    )


@router.post("/namespaces/{namespace}/import", response_model=ImportResponse)
@raises(*WRITE_ERRORS, RulesBrokenError, ImportRefusedError)
async def import_pairs(
    namespace: NamespaceInPath,
    body: ImportBody,
    caller: Authenticated,
    use_case: FromDishka[ImportPairs],
    mode: Annotated[ImportMode, Query(description="What happens to pairs that exist")] = ImportMode.REPLACE,
    strict: Annotated[bool, Query(description="End at the first line that breaks a rule")] = False,
    idempotency_key: NoKeyInHeader = None,  # noqa: ARG001
) -> ImportResponse:
    """Write the pairs of all lines, in order, some hundreds in a transaction. Lines that break a rule are skipped.

    With `strict`, the first line that breaks a rule ends the import, after the pairs of all lines before it were written: 422
    `import-refused`, as where lines were refused and no pair was written.
    """
    summary = await use_case(caller, namespace, mode, _read(body), is_strict=strict)
    return ImportResponse(**describe_import(summary))


async def _render(namespace: str, revision: int, pages: AsyncGenerator[PairPage, None]) -> AsyncGenerator[bytes, None]:
    yield f'{{"namespace":"{namespace}","revision":{revision}}}\n'.encode()
    async with aclosing(pages):
        async for page in pages:
            if page.pairs:
                yield "".join(map(_render_pair, page.pairs)).encode()


def _render_pair(pair: Pair) -> str:
    text = f'{{"key":{encode_basestring(pair.key)},{render_value(pair.value)}'
    if pair.expires_at is not None:
        text += f',"expires_at":{render_time(pair.expires_at)}'
    return text + "}\n"


# From the first character that is no white space (RFC 8259, section 2) to the end.
_LINE = re.compile(rb"[^ \t\r\n][^\n]*")
_line_parser = BodyParser(ImportedLine)


# How bodies begin that were not announced as what they are, or are no lines: their first bytes, and the rule and message.
_NO_LINES = (
    (b"\x1f\x8b", "content_encoding", "The body is compressed with gzip: send it with Content-Encoding: gzip."),
    (b"\x28\xb5\x2f\xfd", "content_encoding", "The body is compressed with zstd: send it with Content-Encoding: zstd."),
    (b"[", "ndjson", "The body is a JSON array: send each of its items on a line of its own, without brackets and commas."),
)
_MAX_MAGIC = 4


async def _refuse_other_formats(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield the chunks. Raises RulesBrokenError if they begin like something else than lines."""
    beginning = b""
    async for chunk in chunks:
        if len(beginning) < _MAX_MAGIC:
            beginning = (beginning + chunk).lstrip()[:_MAX_MAGIC]
            for first, rule, message in _NO_LINES:
                if beginning.startswith(first):
                    raise RulesBrokenError([Violation("body", rule, message)])
        yield chunk


async def _read(body: ImportBody) -> AsyncIterator[ProposedPair | BrokenLine]:
    count = 0
    async for number, line in _split(_refuse_other_formats(_without_mark(body))):
        if line is None:
            message = f"A line must have at most {MAX_LINE} bytes."
            yield BrokenLine(number, [Violation("line", "length", message)])
        elif number > 1 or not line.startswith(b'{"namespace":'):
            yield _parse(number, line)
        count += 1
        if count % LINES_AT_ONCE == 0:
            await body.pause()


def _parse(number: int, line: bytes) -> ProposedPair | BrokenLine:
    try:
        parsed = _line_parser.parse(line)
        assert isinstance(parsed, ImportedLine)  # noqa: S101 - for the type checker: the parser makes nothing else
        return ProposedPair(number, parsed.key, parsed.read_value(), parsed.expires_at)
    except MalformedBodyError as error:
        return BrokenLine(number, [Violation("line", "json", str(error).replace("body", "line"))])
    except RulesBrokenError as error:
        return BrokenLine(number, error.violations)


async def _split(chunks: AsyncIterable[bytes]) -> AsyncIterator[tuple[int, bytes | None]]:
    """Yield lines with their numbers, None for one that is too long; empty lines are skipped."""
    # A bytearray: a line that arrives in small pieces is not copied for each of them.
    begun, is_too_long, number = bytearray(), False, 1
    async for chunk in chunks:
        position = 0
        if begun or is_too_long:
            end = chunk.find(b"\n")
            begun += chunk if end < 0 else chunk[:end]
            is_too_long = is_too_long or len(begun) > MAX_LINE
            if is_too_long:
                begun.clear()
            if end < 0:
                continue
            yield number, None if is_too_long else bytes(begun)
            begun, is_too_long, position = bytearray(), False, end
        # Gigabytes of empty lines cost little: Python sees the others alone.
        for found in _LINE.finditer(chunk, position):
            number += chunk.count(b"\n", position, found.start())
            position = found.end()
            if position == len(chunk):
                begun += found[0]
            else:
                yield number, found[0] if len(found[0]) <= MAX_LINE else None
        number += chunk.count(b"\n", position)
    if is_too_long or begun:
        yield number, None if is_too_long or len(begun) > MAX_LINE else bytes(begun)


async def _without_mark(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield the chunks without a byte order mark at the beginning, however it is cut."""
    begun: bytes | None = b""
    async for chunk in chunks:
        if begun is None:
            yield chunk
            continue
        begun += chunk
        if len(begun) >= len(BYTE_ORDER_MARK) or not BYTE_ORDER_MARK.startswith(begun):
            if rest := begun.removeprefix(BYTE_ORDER_MARK):
                yield rest
            begun = None
    if begun:
        yield begun
