"""What a type of problem means and what to do about it: what the page says that a problem's `Link` leads to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ProblemHelp:
    """The explanation of a type."""

    meaning: str
    """What has happened."""
    remedy: str
    """What the client, or its developer, does now."""
    members: Mapping[str, Any] = field(default_factory=dict)
    """The type's own members in an example."""


Help = Mapping[str, ProblemHelp]
"""Explanations by the types' short names."""

_WAIT = "Repeat the request after the seconds in `Retry-After`, with the same `Idempotency-Key` if it changes something."

HELP: Help = {
    "malformed-body": ProblemHelp(
        "The body is not JSON, is not UTF-8, has half of a surrogate pair, or is not in the announced `Content-Encoding`.",
        "Send what a JSON library makes, encoded as UTF-8. `detail` says where reading it has failed.",
    ),
    "invalid-request": ProblemHelp(
        "This is no HTTP/1.1 request (RFC 9112), or its path or query has a broken percent-encoding.",
        "Let an HTTP library make the request, and encode what goes into the path. The connection may be closed.",
    ),
    "authentication-required": ProblemHelp(
        "The operation needs an access token, and the request has none.",
        "Log in at the authorization service, and send `Authorization: Bearer …` with the access token.",
    ),
    "invalid-token": ProblemHelp(
        "The access token has expired, was revoked, is for another service, or was not issued by this authorization service.",
        "Refresh the session and repeat the request once with the new token; if the session has ended, log in again.",
    ),
    "insufficient-scope": ProblemHelp(
        "The token is valid and does not allow this. `WWW-Authenticate` names the missing scope.",
        "Ask an administrator for the grant. Rights are read at the next login or refresh.",
    ),
    "body-too-large": ProblemHelp(
        "The body is longer than the service accepts, as sent or as decoded.",
        "Send less at once: split a batch, or import a stream. The operator sets the limit, `…_MAX_BODY_BYTES`.",
    ),
    "unsupported-media-type": ProblemHelp(
        "The operation takes no body of this `Content-Type`; or not in this `Content-Encoding`, where `Accept-Encoding` is sent.",
        "Send `Content-Type: application/json`. `curl -d` announces a form: use `--json`, or `-H`.",
    ),
    "rule-broken": ProblemHelp(
        "Something in the request breaks a rule. Nothing was done.",
        "Correct what `errors` names: the field, the rule and what it demands, for at most 20 fields.",
        {"errors": [{"field": "keys", "rule": "length", "message": "At least one key is needed."}]},
    ),
    "too-many-attempts": ProblemHelp(
        "Too many wrong passwords or codes came for this account, or from this address.",
        "Wait for the seconds in `Retry-After`. An administrator can unlock the account.",
    ),
    "head-too-large": ProblemHelp(
        "The request line and the header fields are longer than 64 KiB, or there are too many.",
        "Send what is long in the body. The connection is closed.",
    ),
    "unsupported-transfer-coding": ProblemHelp(
        "The `Transfer-Encoding` is not `chunked`.", "Send the body with `Content-Length`, or chunked. The connection is closed."
    ),
    "store-unavailable": ProblemHelp(
        "The database is down or does not answer. A change whose response was lost may have been done.",
        f"{_WAIT} For operators: look whether Tarantool runs, and at `/health/ready`.",
    ),
    "signing-keys-unknown": ProblemHelp(
        "The service has not fetched the authorization service's public keys yet, so it can verify no token.",
        f"{_WAIT} For operators: look whether the service reaches `KEY_VALUE_JWKS_URL`.",
    ),
    "revocations-unknown": ProblemHelp(
        "The service may not serve without knowing which tokens are revoked, and cannot read that now.",
        f"{_WAIT} For operators: look whether the service reaches `KEY_VALUE_REVOCATIONS_URL`.",
    ),
    "not-ready": ProblemHelp(
        "The service cannot work yet, or no longer: `missing` lists what it waits for.",
        "Send requests to another instance, and ask `/health/ready` again soon.",
        {"missing": ["tarantool"]},
    ),
    "busy": ProblemHelp(
        "The service has as many requests in progress as it accepts, and no slot was free in time. Nothing was done.",
        "Repeat the request after the seconds in `Retry-After`, with increasing pauses. For operators: more workers.",
    ),
    "shutting-down": ProblemHelp(
        "This instance ends. The request was not done, unless its response was cut off.",
        "Repeat the request on a new connection, which reaches another instance.",
    ),
    "unsupported-version": ProblemHelp(
        "The request is not in HTTP/1.1 or HTTP/1.0.", "Use HTTP/1.1. A proxy in front can speak HTTP/2 with clients."
    ),
    "store-full": ProblemHelp(
        "The database has no memory left. Nothing was written; reads and deletions go on.",
        "Delete what is not needed. For operators: raise `TARANTOOL_MEMTX_MEMORY` and restart.",
    ),
    "disk-full": ProblemHelp(
        "The disk of the database's write-ahead log is full, or cannot be written to. Nothing was changed; reads go on.",
        "For operators: make room on the disk. The service goes on by itself.",
    ),
    "no-such-path": ProblemHelp(
        "The service has no such path.", "Look for the operation at `/docs`. A proxy's prefix may be missing, or doubled."
    ),
    "method-not-allowed": ProblemHelp("The path exists, and not with this method.", "Use one of the methods in `Allow`."),
    "internal-error": ProblemHelp(
        "The service has met what it was not made for: a bug.",
        "Report it with the `request_id`, under which the service's log has the details. Do not count on what was done.",
    ),
}
