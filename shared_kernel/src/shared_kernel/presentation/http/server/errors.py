"""What the server itself rejects."""


class RejectedRequestError(Exception):
    """Base of what is answered without an Exchange, after which the connection is closed."""


class MalformedRequestError(RejectedRequestError):
    """The bytes received are not an HTTP/1.1 request (RFC 9112)."""


class HeadTooLargeError(RejectedRequestError):
    """The request has more bytes beside its body (request line, fields, sizes of chunks) than the server accepts."""


class UnsupportedTransferCodingError(RejectedRequestError):
    """The body is sent with a transfer coding other than chunked (RFC 9112, section 6.1)."""


class UnsupportedVersionError(RejectedRequestError):
    """The request is of another major version of HTTP than 1 (RFC 9110, section 15.6.6)."""


class BodyTooLargeError(Exception):
    """The body is longer than the operation accepts."""
