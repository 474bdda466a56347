"""The heads of answers as bytes (RFC 9112, section 4)."""

from functools import lru_cache
from http import HTTPStatus

from shared_kernel.presentation.http.answer import Answer, StreamAnswer

WITHOUT_CONTENT = frozenset({204, 304})
"""The statuses whose answers have no content and tell neither its type nor its length (RFC 9110, sections 8.6 and 15.4.5)."""

Fields = list[tuple[bytes, bytes]]


class HeadRenderer:
    """Renders heads; remembers what is the same in all of them."""

    def __init__(self) -> None:
        self._common: tuple[Fields, bytes] = ([], b"")

    def render(
        self, answer: Answer | StreamAnswer, framing: bytes, request_id: str, common_fields: Fields, *, keep_alive: bool
    ) -> bytes:
        """Return the head of an answer. `framing` are the lines that tell where its body ends."""
        status = answer.status
        fields = b"" if keep_alive else b"connection: close\r\n"
        for field in answer.headers:
            fields += b"%b: %b\r\n" % field
        if status not in WITHOUT_CONTENT:
            fields += b"content-type: %b\r\n%b" % (answer.media_type, framing)
        return b"%b%b%bx-request-id: %b\r\n\r\n" % (
            _status_line(status), self._render_common(common_fields), fields, request_id.encode(),
        )  # fmt: skip

    def _render_common(self, fields: Fields) -> bytes:
        """Return the fields that every answer has: the date, which uvicorn tells anew each second."""
        if self._common[0] is not fields:
            self._common = (fields, b"".join([b"%b: %b\r\n" % field for field in fields]))
        return self._common[1]


def tell_length(answer: Answer) -> bytes:
    """Return the line that tells where the body of a whole answer ends."""
    return b"content-length: %d\r\n" % len(answer.body)


@lru_cache
def _status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
