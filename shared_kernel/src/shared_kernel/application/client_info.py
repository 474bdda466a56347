"""The client that sent a request."""

from typing import NamedTuple


class ClientInfo(NamedTuple):
    """The client's IP address and User-Agent field, each empty if unknown."""

    address: str = ""
    user_agent: str = ""


UNKNOWN_CLIENT = ClientInfo()
