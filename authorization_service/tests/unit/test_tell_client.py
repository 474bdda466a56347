"""How often, and when, a client is told of a logout."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from authorization_service.application.logout.logout_notice_repository import LogoutNotice
from authorization_service.application.logout.tell_client import (
    FIRST_DELAY,
    MAX_ATTEMPTS,
    MAX_DELAY,
    NotToldError,
    TellClient,
    find_delay,
)

NOTICE = LogoutNotice("reports", "sid", "user", "https://reports.example/logout", 1, 1)


class RecordingNotices:
    """Records what becomes of a notice."""

    def __init__(self) -> None:
        self.finished: list[LogoutNotice] = []
        self.postponed: list[timedelta] = []

    async def claim(self, limit: int, busy: Collection[str]) -> Sequence[LogoutNotice]:
        raise NotImplementedError

    async def finish(self, notice: LogoutNotice) -> None:
        self.finished.append(notice)

    async def postpone(self, notice: LogoutNotice, delay: timedelta) -> None:
        assert notice not in self.finished
        self.postponed.append(delay)


class NamingIssuer:
    def issue(self, client_id: str, user_id: str, sid: str) -> str:
        return f"{client_id} {user_id} {sid}"


class Client:
    """A client that confirms, or not."""

    def __init__(self, *, confirms: bool) -> None:
        self.confirms = confirms
        self.told: list[tuple[str, str]] = []

    async def send(self, uri: str, token: str) -> None:
        self.told.append((uri, token))
        if not self.confirms:
            raise NotToldError("status 500")


async def test_notice_ends_when_the_client_confirms() -> None:
    notices, client = RecordingNotices(), Client(confirms=True)
    await TellClient(notices, NamingIssuer(), client)(NOTICE)
    assert client.told == [("https://reports.example/logout", "reports user sid")]
    assert (notices.finished, notices.postponed) == ([NOTICE], [])


async def test_client_that_does_not_confirm_is_told_later_and_at_last_no_more() -> None:
    notices, client = RecordingNotices(), Client(confirms=False)
    tell = TellClient(notices, NamingIssuer(), client)
    for attempts in range(1, MAX_ATTEMPTS + 1):
        assert notices.finished == []
        with pytest.raises(NotToldError):
            await tell(replace(NOTICE, attempts=attempts))
    assert [notice.attempts for notice in notices.finished] == [MAX_ATTEMPTS]
    assert len(client.told) == MAX_ATTEMPTS
    assert notices.postponed[0] == FIRST_DELAY
    assert all(earlier <= later <= MAX_DELAY for earlier, later in pairwise(notices.postponed))
    assert timedelta(hours=20) < sum(notices.postponed, timedelta()) < timedelta(hours=22)


def test_delay_is_bounded_however_many_attempts_there_were() -> None:
    assert find_delay(10**9) == MAX_DELAY
