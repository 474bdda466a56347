"""Contacts of users. Whatever changes one also changes its user's record, so that those of a user change one after the other."""

from datetime import UTC, datetime
from typing import Any

from accounts.db import keys
from accounts.db.records import Plan
from accounts.exceptions import NotFoundError, RuleError
from accounts.schemas import PageRead
from accounts.schemas.user_contacts import UserContactCreate, UserContactRead, UserContactUpdate
from accounts.schemas.users import User
from accounts.services.contact_types import ContactTypeService
from accounts.services.pages import Part, list_page
from accounts.services.users import UserService
from accounts.utils.identifiers import new_id
from key_value_client import AsyncNamespace, Pair


class UserContactService:
    """What may be done with contacts."""

    def __init__(self, namespace: AsyncNamespace, users: UserService, types: ContactTypeService) -> None:
        self._namespace = namespace
        self._users = users
        self._types = types

    async def list_page(self, user_id: str, part: Part, *, code: str | None, is_active: bool | None) -> PageRead[UserContactRead]:
        """Return a page of a user's contacts, by age. Raises NotFoundError."""
        await self._users.records.get(user_id)

        async def load(pairs: list[Pair[Any]]) -> list[UserContactRead]:
            return _select([UserContactRead.model_validate(pair.value) for pair in pairs], code, is_active)

        prefix = keys.contact(user_id)
        return await list_page(self._namespace, prefix, load, limit=part.limit, cursor=part.cursor, reverse=part.is_reversed)

    async def create(self, user_id: str, body: UserContactCreate) -> UserContactRead:
        """Add a contact. Raises NotFoundError, RuleError, TakenError."""
        await self._types.check(body.type, body.value)
        contact = UserContactRead(id=new_id(), user_id=user_id, is_active=True, created_at=datetime.now(UTC), **body.model_dump())

        async def plan(user: User) -> Plan[User]:
            others = await self._list_active(user_id, body.type)
            added = contact.model_copy(update={"is_primary": body.is_primary or not others})
            return self._plan(user, "contact.created", added, others, unique=True)

        await self._users.records.change(user_id, plan)
        return await self._get(user_id, contact.id)

    async def update(self, user_id: str, contact_id: str, body: UserContactUpdate) -> UserContactRead:
        """Change a contact. Raises NotFoundError, RuleError, TakenError."""
        if body.value is not None:
            await self._types.check((await self._get(user_id, contact_id)).type, body.value)

        async def plan(user: User) -> Plan[User]:
            contact = await self._get(user_id, contact_id)
            if not contact.is_active:
                raise RuleError("The contact is not active.", "id")
            if body.is_primary is False and contact.is_primary:
                raise RuleError("Make another contact primary instead.", "is_primary")
            changed = contact.model_copy(update=body.model_dump(exclude_none=True))
            if changed == contact:
                return Plan(user, None)
            others = await self._list_active(user_id, contact.type)
            is_moved = changed.value.lower() != contact.value.lower()
            freed = (keys.unique_contact(contact.type, contact.value),) if is_moved else ()
            return self._plan(user, "contact.updated", changed, others, unique=is_moved, deletes=freed)

        await self._users.records.change(user_id, plan)
        return await self._get(user_id, contact_id)

    async def deactivate(self, user_id: str, contact_id: str) -> None:
        """Deactivate a contact, twice or once; the oldest other one of its type becomes primary. Raises NotFoundError."""

        async def plan(user: User) -> Plan[User]:
            contact = await self._get(user_id, contact_id)
            if not contact.is_active:
                return Plan(user, None)
            ended = contact.model_copy(update={"is_active": False, "is_primary": False})
            others = [each for each in await self._list_active(user_id, contact.type) if each.id != contact_id]
            writes = {keys.contact(user_id, contact_id): ended.model_dump(mode="json")}
            if contact.is_primary and others:
                heir = others[0].model_copy(update={"is_primary": True})
                writes[keys.contact(user_id, heir.id)] = heir.model_dump(mode="json")
            freed = (keys.unique_contact(contact.type, contact.value),)
            return Plan(
                user, ("contact.deactivated", {"contact": contact_id, "type": contact.type}), writes=writes, deletes=freed
            )

        await self._users.records.change(user_id, plan)

    def _plan(
        self,
        user: User,
        event: str,
        contact: UserContactRead,
        others: list[UserContactRead],
        *,
        unique: bool,
        deletes: tuple[str, ...] = (),
    ) -> Plan[User]:
        """Return the plan of writing a contact; if it is primary, no other one of its type is any longer."""
        former = [each for each in others if contact.is_primary and each.is_primary and each.id != contact.id]
        changed = [contact, *(each.model_copy(update={"is_primary": False}) for each in former)]
        return Plan(
            user,
            (event, {"contact": contact.id, "type": contact.type, "is_primary": contact.is_primary}),
            writes={keys.contact(user.id, each.id): each.model_dump(mode="json") for each in changed},
            unique={keys.unique_contact(contact.type, contact.value): (user.id, "value")} if unique else {},
            deletes=deletes,
        )

    async def _list_active(self, user_id: str, code: str) -> list[UserContactRead]:
        found = [UserContactRead.model_validate(pair.value) async for pair in self._namespace.scan(keys.contact(user_id))]
        return _select(found, code, is_active=True)

    async def _get(self, user_id: str, contact_id: str) -> UserContactRead:
        members = await self._namespace.get(keys.contact(user_id, contact_id), None)
        if members is None:
            raise NotFoundError(f"The user {user_id} has no contact {contact_id}.")
        return UserContactRead.model_validate(members)


def _select(contacts: list[UserContactRead], code: str | None, is_active: bool | None) -> list[UserContactRead]:
    return [each for each in contacts if code in (None, each.type) and (is_active is None or each.is_active is is_active)]
