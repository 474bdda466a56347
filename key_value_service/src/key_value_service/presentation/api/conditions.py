"""Conditional requests (RFC 9110, section 13): entity tags, which are revisions, and the header fields that have them."""

import re
from typing import Annotated, Any

from fastapi import Header
from pydantic.config import JsonDict
from pydantic.json_schema import SkipJsonSchema

from key_value_service.domain.value_objects.precondition import ANY, NO_PRECONDITION, Precondition, Revisions
from shared_kernel.domain.rules import RulesBrokenError, Violation
from shared_kernel.presentation.http.server.response import Headers

_OPENAPI_TAG = '(W/)?"[1-9][0-9]{0,15}(-gzip|-br|-zstd)?"'
_TAGS: JsonDict = {"pattern": rf"^(\*|{_OPENAPI_TAG}(, {_OPENAPI_TAG})*)$"}

IfMatch = Annotated[
    str | SkipJsonSchema[None],
    Header(
        description='`"<revision>"`, a list of them, or `*`: the pair must have one of these revisions or, with `*`, exist. '
        'Otherwise 412 `precondition-failed`. A tag may be sent back as a compressing proxy has changed it: `W/"7"`, `"7-gzip"`.',
        json_schema_extra=_TAGS,
    ),
]
IfNoneMatch = Annotated[
    str | SkipJsonSchema[None],
    Header(
        description='`"<revision>"`, a list of them, or `*`: the pair must have none of these revisions or, with `*`, not exist.',
        json_schema_extra=_TAGS,
    ),
]

TAGGED: dict[str, Any] = {
    "headers": {
        "ETag": {
            "description": "The pair's revision, in quotation marks",
            "required": True,
            "schema": {"type": "string", "pattern": '^"[1-9][0-9]*"$'},
        }
    }
}
"""The OpenAPI description of a response with a pair's entity tag."""

# Section 8.8.3, in a list of section 5.6.1: recipients ignore empty elements.
_TAG = re.compile(r'[ \t,]*+(?:W/)?"([!#-~\x80-\xff]*)"[ \t]*(?:,|\Z)')

# A revision, as the service sent it or as a proxy that compresses has changed it: nginx and HAProxy make the tag weak, Apache
# and Caddy append the coding. RFC 9110, section 13.1.1, asks for strong comparison because tags with W/ may be equal for contents
# that differ. These cannot: a tag names a revision, which no other content ever gets, and not the bytes that carry it.
_REVISION = re.compile(r"([1-9][0-9]{0,15})(?:-(?:gzip|br|zstd))?")


def tag(revision: int) -> Headers:
    """Return the header field with a pair's entity tag."""
    return ((b"etag", b'"%d"' % revision),)


def read_precondition(if_match: str | None, if_none_match: str | None) -> Precondition:
    """Return the precondition of the two fields. Raises RulesBrokenError naming a malformed one."""
    if if_match is None and if_none_match is None:
        return NO_PRECONDITION
    return Precondition(
        None if if_match is None else _read_tags("if-match", if_match),
        None if if_none_match is None else _read_tags("if-none-match", if_none_match),
    )


def _read_tags(field: str, text: str) -> Revisions:
    if text.strip() == ANY:
        return ANY
    tags: list[str] = []
    position = 0
    while found := _TAG.match(text, position):
        tags.append(found[1])
        position = found.end()
    if not tags or text[position:].strip(" \t,"):
        message = 'The field must be `*` or entity tags, as in `"7", "8"`.'
        raise RulesBrokenError([Violation(field, "entity_tags", message)])
    return frozenset(int(revision[1]) for opaque in tags if (revision := _REVISION.fullmatch(opaque)))
