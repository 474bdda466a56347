"""Heads of responses as bytes (RFC 9112, section 4)."""

from http import HTTPStatus

from shared_kernel.presentation.http.server.response import Headers, Response, StreamingResponse

WITHOUT_CONTENT = frozenset({204, 304})
"""Statuses whose responses have no content, and no fields for its type and length (RFC 9110, sections 8.6 and 15.4.5)."""

Fields = list[tuple[bytes, bytes]]


class HeadRenderer:
    """Renders heads; caches their beginnings, which are equal for one second, status, media type and persistence."""

    def __init__(self, fields: Headers) -> None:
        """`fields` are those of all responses."""
        self._fields = fields
        self._common_fields: Fields = []
        self._beginnings: dict[tuple[int, bytes, bool], bytes] = {}

    def render(
        self, response: Response | StreamingResponse, framing: bytes, request_id: str, common_fields: Fields, *, keep_alive: bool
    ) -> bytes:
        """Return the head of a response. `framing` are the lines that say where its body ends."""
        if common_fields is not self._common_fields:  # they have the date: uvicorn makes new ones each second
            self._common_fields = common_fields
            self._beginnings.clear()
        status = response.status
        key = (status, response.media_type, keep_alive)
        beginning = self._beginnings.get(key) or self._render_beginning(*key)
        fields = b"".join([b"%b: %b\r\n" % field for field in response.headers]) if response.headers else b""
        return b"%b%b%bx-request-id: %b\r\n\r\n" % (
            beginning, fields, b"" if status in WITHOUT_CONTENT else framing, request_id.encode(),
        )  # fmt: skip

    def _render_beginning(self, status: int, media_type: bytes, keep_alive: bool) -> bytes:
        lines = [b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode())]
        lines += [b"%b: %b" % field for field in (*self._common_fields, *self._fields)]
        if not keep_alive:
            lines.append(b"connection: close")
        if status not in WITHOUT_CONTENT:
            lines.append(b"content-type: %b" % media_type)
        beginning = self._beginnings[status, media_type, keep_alive] = b"\r\n".join([*lines, b""])
        return beginning


def content_length_field(response: Response) -> bytes:
    """Return the line that says where the body of a whole response ends."""
    return b"content-length: %d\r\n" % len(response.body)
