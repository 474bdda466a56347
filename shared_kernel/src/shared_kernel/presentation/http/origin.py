"""Where a request comes from."""

from typing import NamedTuple


class Origin(NamedTuple):
    """The address of whoever connected and what it calls itself. A controller's parameter of this type gets it."""

    address: str
    user_agent: str
