"""What a head must be beside its syntax, which the parser checks (RFC 9112, sections 3.2 and 6.1; RFC 9110, section 7.2).

A server that is laxer than a proxy in front of it serves requests that the proxy took for others.
"""

import re
from functools import lru_cache

from shared_kernel.presentation.http.server.errors import MalformedRequestError, UnsupportedTransferCodingError

_HOST = rb"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?"
_ABSOLUTE_FORM = re.compile(rb"(?i:https?)://([^/?#]+)([/?].*)?")

is_valid_host = lru_cache(64)(re.compile(_HOST).fullmatch)
"""Whether a value of the field Host is valid: a host with or without a port, or nothing."""


def check_head(method: bytes, target: bytes, fields: dict[bytes, bytes], *, is_http_1_0: bool) -> bytes:
    """Return the target in origin-form; where it was in absolute-form, Host is replaced by what it names.

    Raises MalformedRequestError or UnsupportedTransferCodingError.
    """
    host = fields.get(b"host")
    if host is None:
        if not is_http_1_0:
            raise MalformedRequestError("The request has no field Host.")
    elif not is_valid_host(host):
        raise MalformedRequestError("The field Host is invalid, or there are several.")
    if b"transfer-encoding" in fields:
        _check_transfer_coding(fields[b"transfer-encoding"], is_http_1_0=is_http_1_0)
    if target[:1] == b"/" and target.isascii() and b"#" not in target:
        return target
    return _read_other_target(method, target, fields)


def _check_transfer_coding(value: bytes, *, is_http_1_0: bool) -> None:
    codings = [coding.strip(b" \t") for coding in value.lower().split(b",")]
    if is_http_1_0:
        raise MalformedRequestError("HTTP/1.0 has no Transfer-Encoding.")
    if codings[-1] != b"chunked" or b"chunked" in codings[:-1]:
        raise MalformedRequestError("The Transfer-Encoding does not end with chunked, or has it twice.")
    if len(codings) > 1:
        raise UnsupportedTransferCodingError("A Transfer-Encoding other than chunked is not accepted.")


def _read_other_target(method: bytes, target: bytes, fields: dict[bytes, bytes]) -> bytes:
    if not target.isascii():
        raise MalformedRequestError("The request's target is not percent-encoded.")
    if b"#" in target:
        raise MalformedRequestError("The request's target has a fragment.")
    if method == b"CONNECT" or (target == b"*" and method == b"OPTIONS"):
        return target
    absolute = _ABSOLUTE_FORM.fullmatch(target)
    if absolute is None or b"@" in absolute[1] or absolute[1][:1] == b":" or not is_valid_host(absolute[1]):
        raise MalformedRequestError("The request's target is neither a path nor the URL of a resource.")
    fields[b"host"], rest = absolute[1], absolute[2] or b"/"
    return rest if rest[:1] == b"/" else b"/" + rest
