"""What the head of a request announces about its body."""

from collections.abc import Mapping
from email.message import Message

from shared_kernel.presentation.http.routing.content_coding import CODINGS, read_coding
from shared_kernel.presentation.http.routing.errors import UnsupportedContentCodingError, UnsupportedMediaTypeError
from shared_kernel.presentation.http.routing.parameters import parse_query
from shared_kernel.presentation.http.server.errors import BodyTooLargeError
from shared_kernel.presentation.http.server.exchange import Exchange

MAX_CONTENT_TYPE = 255
"""Characters of a field whose parameters are read, which takes time by the square of their number."""


class AnnouncedBody:
    """The check of a body before it is read. A client that sends `Expect: 100-continue` receives the error without sending it."""

    def __init__(
        self,
        media_types: tuple[str, ...],
        *,
        is_optional: bool = False,
        all_but: tuple[str, ...] = (),
        replaced_by: str | None = None,
    ) -> None:
        """`all_but`: the types that bytes may not have, if the body may be bytes of any other type.

        `replaced_by`: the parameter in the query with which a request has no body.
        """
        self._media_types = media_types
        self._all_but = all_but
        self._usual = frozenset(media_type.encode() for media_type in media_types)
        self._is_optional = is_optional
        self._replaced_by = replaced_by
        self.limit = 0
        """The longest body, as sent."""

    def check(self, exchange: Exchange) -> bool:
        """Return whether the body is in a content coding.

        Raises UnsupportedMediaTypeError unless it is announced with one of the types, BodyTooLargeError if it is too long.
        """
        headers, limit = exchange.headers, self.limit
        is_coded = False
        if headers.get(b"content-type") not in self._usual or b"content-encoding" in headers:
            if _has_none(headers) and (self._is_optional or self._is_replaced(exchange)):
                return False
            is_coded = self._check_unusual(headers)
        if exchange.more_body:
            announced = headers.get(b"content-length", b"")
            if announced.isdigit() and int(announced) > limit:
                raise BodyTooLargeError(f"The body is longer than {limit} bytes.")
        if exchange.length > limit:
            raise BodyTooLargeError(f"The body is longer than {limit} bytes.")
        return is_coded

    def _is_replaced(self, exchange: Exchange) -> bool:
        return self._replaced_by is not None and any(name == self._replaced_by for name, _ in parse_query(exchange.query))

    def _check_unusual(self, headers: Mapping[bytes, bytes]) -> bool:
        coding = read_coding(headers)
        if coding is not None and coding not in CODINGS:
            accepted = b" or ".join(CODINGS).decode()
            raise UnsupportedContentCodingError(f"A body with a Content-Encoding other than {accepted} is not accepted.")
        content_type = _content_type(headers)
        parsed = _parse(content_type)
        media_type = parsed.get_content_type()
        is_expected = media_type in self._media_types and len(content_type) <= MAX_CONTENT_TYPE and _is_in_utf_8(parsed)
        are_bytes = self._all_but and media_type not in self._media_types + self._all_but
        if not content_type or not (is_expected or are_bytes):
            types = " or ".join(self._media_types)
            others = " Bytes must be sent with a media type of their own, which is none of a form." if self._all_but else ""
            raise UnsupportedMediaTypeError(f"The body must be sent with Content-Type: {types}, in UTF-8.{others}")
        return coding is not None


def is_announced_as(headers: Mapping[bytes, bytes], media_types: tuple[str, ...]) -> bool:
    """Return whether a body is announced with one of these media types, whatever its parameters."""
    content_type = _content_type(headers)
    return content_type in media_types or _parse(content_type).get_content_type() in media_types


def _content_type(headers: Mapping[bytes, bytes]) -> str:
    return headers.get(b"content-type", b"").decode("latin-1")


def _parse(content_type: str) -> Message:
    parsed = Message()
    parsed["content-type"] = content_type
    return parsed


def _is_in_utf_8(parsed: Message) -> bool:
    return str(parsed.get_param("charset", "utf-8")).lower() in ("utf-8", "utf8")


def _has_none(headers: Mapping[bytes, bytes]) -> bool:
    """Return whether no body follows (RFC 9112, section 6.3)."""
    return b"transfer-encoding" not in headers and headers.get(b"content-length", b"0").strip(b"0") == b""
