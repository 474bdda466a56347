"""Types of contacts."""

import re
from typing import Literal

from accounts.schemas import Body, Code, Name

Kind = Literal["email", "phone", "messenger"]

RULES: dict[str, tuple[re.Pattern[str], str]] = {
    "email": (re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+"), "It must be an e-mail address."),
    "phone": (re.compile(r"\+[1-9]\d{6,14}"), "It must be a telephone number as E.164 has it: +, and 7 to 15 digits."),
    "messenger": (
        re.compile(r"@?[A-Za-z0-9][A-Za-z0-9._]{1,63}"),
        "It must be a name of 2 to 64 letters, digits, points and underscores.",
    ),
}


class ContactTypeCreate(Body):
    """A type of contacts. `kind` says which rule its values obey."""

    code: Code
    name: Name
    kind: Kind


class ContactTypeRead(ContactTypeCreate):
    """A type of contacts."""
