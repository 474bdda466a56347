"""Users and groups: records that count their events, each change in one transaction with the event that tells of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from accounts.db import keys
from accounts.exceptions import NotFoundError, TakenError
from key_value_client import AsyncNamespace, AsyncTransaction


class Record(BaseModel):
    """What users and groups have in common. `events`: how many have told of it, which is the number of the last one."""

    model_config = ConfigDict(frozen=True)

    id: str
    created_at: datetime
    updated_at: datetime
    events: int = 0


R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Plan(Generic[R]):
    """A change that was planned from what was read: done as it is, or planned again if the record has changed meanwhile.

    `event`: the type and data of the event; None: there is nothing to do. `unique`: pairs that must be absent, with the field
    that is to blame if they are not. `expected`: revisions that other pairs must have, 0 for absent ones.
    """

    record: R
    event: tuple[str, dict[str, Any]] | None
    writes: Mapping[str, Any] = field(default_factory=dict)
    deletes: tuple[str, ...] = ()
    unique: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    expected: Mapping[str, int] = field(default_factory=dict)


class Records(Generic[R]):
    """Records of one kind."""

    def __init__(self, namespace: AsyncNamespace, make_key: Callable[[str], str], model: type[R], name: str) -> None:
        self._namespace = namespace
        self._make_key = make_key
        self._model = model
        self._name = name

    async def get(self, record_id: str) -> R:
        """Return a record. Raises NotFoundError."""
        members = await self._namespace.get(self._make_key(record_id), None)
        if members is None:
            raise self._missing(record_id)
        return self._model.model_validate(members)

    async def get_many(self, record_ids: list[str]) -> list[R]:
        """Return the records that exist, in this order."""
        found = await self._namespace.get_many(map(self._make_key, record_ids))
        wanted = (self._make_key(record_id) for record_id in record_ids)
        return [self._model.model_validate(found[key]) for key in wanted if key in found]

    async def add(self, plan: Plan[R]) -> R:
        """Add a record. Raises TakenError."""
        done = await self._commit(plan, 0)
        if done is None:
            raise TakenError(f"There is a {self._name} {plan.record.id} already.", "id")
        return done

    async def change(self, record_id: str, make_plan: Callable[[R], Awaitable[Plan[R]]]) -> R:
        """Change a record by a plan, which is made again where somebody was faster. Raises NotFoundError, TakenError."""
        while True:
            pair = await self._namespace.find(self._make_key(record_id))
            if pair is None:
                raise self._missing(record_id)
            plan = await make_plan(self._model.model_validate(pair.value))
            if plan.event is None:
                return plan.record
            done = await self._commit(plan, pair.revision)
            if done is not None:
                return done

    async def _commit(self, plan: Plan[R], revision: int) -> R | None:
        now = datetime.now(UTC)
        record = plan.record.model_copy(update={"events": plan.record.events + 1, "updated_at": now})
        async with self._namespace.transaction() as tx:
            tx.when(self._make_key(record.id), revision=revision)
            for key, wanted in plan.expected.items():
                tx.when(key, revision=wanted)
            self._write(tx, plan, record)
            there = {key: (tx.when(key, exists=False).otherwise.read(key), field) for key, (_, field) in plan.unique.items()}
            stays = tx.otherwise.read(self._make_key(record.id))
        if tx.succeeded:
            return record
        is_fresh = (stays.result.revision if stays.result else 0) == revision
        for outcome, field_name in there.values():
            if is_fresh and outcome.result is not None:
                raise TakenError("Another one has this value.", field_name)
        return None

    def _write(self, tx: AsyncTransaction, plan: Plan[R], record: R) -> None:
        kind, data = plan.event or ("", {})
        tx.write(self._make_key(record.id), record.model_dump(mode="json"))
        for key, value in {**plan.writes, **{key: value for key, (value, _) in plan.unique.items()}}.items():
            tx.write(key, value)
        for key in plan.deletes:
            tx.delete(key)
        event = {
            "id": f"{record.id}:{record.events}",
            "type": kind,
            "subject": record.id,
            "number": record.events,
            "occurred_at": record.updated_at.isoformat(),
            "data": data,
        }
        tx.write(keys.event(record.id, record.events), event)

    def _missing(self, record_id: str) -> NotFoundError:
        return NotFoundError(f"There is no {self._name} {record_id}.")
