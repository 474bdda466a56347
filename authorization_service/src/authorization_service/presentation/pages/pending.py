"""The authorization request that waits while its user signs in or consents: the query of /authorize, as pages carry it.

It is only ever put behind the service's own path, so that no page leads elsewhere because of it.
"""

from urllib.parse import parse_qsl, urlencode

from authorization_service.application.authorize.authorization_request import (
    CREATE,
    AuthorizationRequest,
    RefusedRequestError,
    UntrustedRequestError,
)
from authorization_service.application.authorize.read_request import ReadRequest

MAX_PENDING = 16 * 1024
"""Characters."""
MAX_PARAMETERS = 50

USER_CODE = "user_code"
"""A waiting request with this parameter is one to allow a device, at /device."""

# What has been fulfilled when a user has just signed in.
_FULFILLED_PROMPTS = ("login", "select_account", CREATE)
_FULFILLED = ("max_age",)


def parse_pending(pending: str) -> list[tuple[str, str]]:
    """Return the parameters. Raises UntrustedRequestError for what is no query."""
    try:
        return parse_qsl(pending[: MAX_PENDING + 1], keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise UntrustedRequestError("invalid_request") from None


async def find_pending(read: ReadRequest, pending: str) -> AuthorizationRequest | None:
    """Return the request that waits, or None: there is none, or the client gets an error in its place."""
    if not pending or USER_CODE in dict(parse_pending(pending)):
        return None
    try:
        return await read(parse_pending(pending))
    except RefusedRequestError:
        return None


def continue_url(path: str, pending: str) -> str:
    """Return where a browser goes on after signing in: the waiting request, as far as that is not fulfilled now."""
    if not pending:
        return f"{path}/signed-in"
    if user_code := dict(parse_pending(pending)).get(USER_CODE):
        return f"{path}/device?{urlencode({USER_CODE: user_code})}"
    pairs = [
        (name, _drop_fulfilled(value) if name == "prompt" else value)
        for name, value in parse_pending(pending)
        if name not in _FULFILLED
    ]
    return f"{path}/authorize?{urlencode(pairs)}"


def sign_in_url(path: str, pending: str, page: str = "sign-in") -> str:
    """Return the page to sign in at, or the one to register at."""
    return f"{path}/{page}?{urlencode({'request': pending})}" if pending else f"{path}/{page}"


def _drop_fulfilled(prompt: str) -> str:
    return " ".join(one for one in prompt.split() if one not in _FULFILLED_PROMPTS)
