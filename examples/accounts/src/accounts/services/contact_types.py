"""Types of contacts."""

from typing import Any

from accounts.db import keys
from accounts.exceptions import NotFoundError, RuleError, TakenError
from accounts.schemas import PageRead
from accounts.schemas.contact_types import RULES, ContactTypeCreate, ContactTypeRead, Kind
from accounts.services.pages import list_page
from key_value_client import AsyncNamespace, Pair, PreconditionFailed


class ContactTypeService:
    """What may be done with types of contacts."""

    def __init__(self, namespace: AsyncNamespace) -> None:
        self._namespace = namespace

    async def create(self, body: ContactTypeCreate) -> ContactTypeRead:
        """Add a type. Raises TakenError."""
        try:
            await self._namespace.put(keys.contact_type(body.code), body.model_dump(), if_revision=0)
        except PreconditionFailed as error:
            raise TakenError("There is such a type already.", "code") from error
        return ContactTypeRead(**body.model_dump())

    async def list_page(self, *, kind: Kind | None, limit: int, cursor: str | None, reverse: bool) -> PageRead[ContactTypeRead]:
        """Return a page of the types, by code."""

        async def load(pairs: list[Pair[Any]]) -> list[ContactTypeRead]:
            types = [ContactTypeRead.model_validate(pair.value) for pair in pairs]
            return [each for each in types if kind in (None, each.kind)]

        return await list_page(self._namespace, keys.CONTACT_TYPES, load, limit=limit, cursor=cursor, reverse=reverse)

    async def check(self, code: str, value: str) -> None:
        """Raise NotFoundError if there is no such type, RuleError if a value breaks its rule."""
        members = await self._namespace.get(keys.contact_type(code), None)
        if members is None:
            raise NotFoundError(f"There is no contact type {code}.", "type")
        pattern, rule = RULES[members["kind"]]
        if not pattern.fullmatch(value):
            raise RuleError(rule, "value")
