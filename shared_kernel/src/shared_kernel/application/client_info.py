"""Where a request comes from."""

from typing import NamedTuple


class ClientInfo(NamedTuple):
    """The client's IP address and User-Agent field, each empty where it is not known."""

    address: str = ""
    user_agent: str = ""


UNKNOWN_CLIENT = ClientInfo()
