"""Percent-encoding of targets (RFC 3986, section 2.1)."""

import re

from shared_kernel.presentation.http.server.errors import MalformedRequestError

_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}", re.DOTALL)


def refuse_broken_escapes(text: str) -> None:
    """Raise MalformedRequestError naming the first `%` that two hexadecimal digits do not follow."""
    if "%" in text and (found := _BROKEN.search(text)) is not None:
        raise MalformedRequestError(f"The target has the broken percent-encoding {found[0]}; % itself is written %25.")
