"""What the server itself rejects."""


class MalformedRequestError(Exception):
    """The bytes received are not an HTTP/1.1 request (RFC 9112)."""


class HeadTooLargeError(Exception):
    """The request line and the header fields are longer than the server accepts."""


class BodyTooLargeError(Exception):
    """The body is longer than the operation accepts."""
