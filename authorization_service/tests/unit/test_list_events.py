"""Filters of the list of events."""

import importlib
import pkgutil

import pytest

from authorization_service.application.event.list_events import ListEvents, ListEventsRequest
from authorization_service.domain import events
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.events.known import KNOWN_TYPES
from authorization_service.domain.events.people import PasswordChanged
from shared_kernel.domain.rules import RulesBrokenError
from test_support.authorization.fake_events import InMemoryEventRepository
from test_support.authorization.fakes import AS_ADMINISTRATOR, NOON, REQUIRE_ADMINISTRATOR, InMemoryUserRepository, make_user

ANNA, BELLA = make_user("Anna"), make_user("bella")


@pytest.fixture
def list_events() -> ListEvents:
    users = InMemoryUserRepository([ANNA, BELLA])
    users.events += [PasswordChanged(user_id=str(user.id), occurred_at=NOON) for user in (ANNA, BELLA, ANNA)]
    return ListEvents(REQUIRE_ADMINISTRATOR, InMemoryEventRepository(users))


def test_every_kind_of_event_is_known() -> None:
    for module in pkgutil.iter_modules(events.__path__):
        importlib.import_module(f"{events.__name__}.{module.name}")
    assert {kind.__name__ for kind in DomainEvent.__subclasses__()} == set(KNOWN_TYPES)


@pytest.mark.parametrize("user", ["Anna", "aNNA", str(ANNA.id), str(ANNA.id).upper()], ids=["name", "nAME", "id", "ID"])
async def test_user_is_found_by_name_in_any_case_or_by_id(list_events: ListEvents, user: str) -> None:
    found = await list_events(ListEventsRequest(AS_ADMINISTRATOR, 0, 10, user=user))
    assert [event.number for event in found.events] == [1, 3]


async def test_username_in_the_form_of_an_id_is_not_mistaken_for_the_id() -> None:
    impostor = make_user(str(ANNA.id))
    users = InMemoryUserRepository([ANNA, impostor])
    users.events += [PasswordChanged(user_id=str(user.id), occurred_at=NOON) for user in (ANNA, impostor)]
    found = await ListEvents(REQUIRE_ADMINISTRATOR, InMemoryEventRepository(users))(
        ListEventsRequest(AS_ADMINISTRATOR, 0, 10, user=str(ANNA.id))
    )
    assert [event.user_id for event in found.events] == [str(ANNA.id)]


@pytest.mark.parametrize("kind", KNOWN_TYPES)
async def test_every_known_type_is_accepted(list_events: ListEvents, kind: str) -> None:
    found = await list_events(ListEventsRequest(AS_ADMINISTRATOR, 0, 10, type=kind))
    assert len(found.events) == (3 if kind == "PasswordChanged" else 0)


@pytest.mark.parametrize("kind", ["", "passwordchanged", "DomainEvent", "PasswordChanged "])
@pytest.mark.parametrize("user", ["", "a", "анна", "a b", "x" * 65])
async def test_unknown_type_and_invalid_username_are_rejected_by_field(list_events: ListEvents, kind: str, user: str) -> None:
    with pytest.raises(RulesBrokenError) as refused:
        await list_events(ListEventsRequest(AS_ADMINISTRATOR, 0, 10, kind, user))
    assert [(broken.field, broken.rule) for broken in refused.value.violations] == [("type", "event_type"), ("user", "user")]
