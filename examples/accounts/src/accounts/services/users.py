"""Users."""

from datetime import UTC, datetime
from typing import Any, Literal

from accounts.db import keys
from accounts.db.records import Plan, Records
from accounts.exceptions import RuleError
from accounts.schemas import PageRead
from accounts.schemas.users import MAX_PROFILE_BYTES, User, UserCreate, UserUpdate
from accounts.services.pages import list_page
from accounts.utils.identifiers import new_id
from accounts.utils.json_utils import merge
from key_value_client import AsyncNamespace, Pair

Sort = Literal["username", "-username", "created_at", "-created_at"]


class UserService:
    """What may be done with users."""

    def __init__(self, namespace: AsyncNamespace) -> None:
        self._namespace = namespace
        self.records = Records(namespace, keys.user, User, "user")

    async def create(self, body: UserCreate) -> User:
        """Add a user. Raises TakenError."""
        now = datetime.now(UTC)
        user = User(id=new_id(), created_at=now, updated_at=now, **body.model_dump())
        unique = {self._username(user.username): (user.id, "username")}
        return await self.records.add(Plan(user, ("user.created", {"username": user.username}), unique=unique))

    async def update(self, user_id: str, body: UserUpdate) -> User:
        """Change a user; its profile is merged. Raises NotFoundError, TakenError, RuleError."""
        given = body.model_dump(exclude_unset=True)

        async def plan(user: User) -> Plan[User]:
            changes = {name: value for name, value in given.items() if value is not None or name == "last_name"}
            if "profile" in changes:
                changes["profile"] = merge(user.profile, body.profile)
            changed = user.model_copy(update=changes)
            if len(changed.model_dump_json(include={"profile"})) > 2 * MAX_PROFILE_BYTES:
                raise RuleError("The merged profile is too large.", "profile")
            if changed == user:
                return Plan(user, None)
            before, after = self._username(user.username), self._username(changed.username)
            is_renamed = before != after
            return Plan(
                changed,
                ("user.updated", {"fields": sorted(changes)}),
                unique={after: (user.id, "username")} if is_renamed else {},
                deletes=(before,) if is_renamed else (),
            )

        return await self.records.change(user_id, plan)

    async def set_active(self, user_id: str, *, is_active: bool) -> User:
        """Deactivate a user, or activate it again; twice is the same as once. Raises NotFoundError."""

        async def plan(user: User) -> Plan[User]:
            event = "user.activated" if is_active else "user.deactivated"
            return Plan(user.model_copy(update={"is_active": is_active}), None if user.is_active is is_active else (event, {}))

        return await self.records.change(user_id, plan)

    async def list_page(
        self, *, prefix: str, is_active: bool | None, sort: Sort, limit: int, cursor: str | None
    ) -> PageRead[User]:
        """Return users whose names begin with a prefix, in an order."""

        def select(users: list[User]) -> list[User]:
            wanted = prefix.lower()
            return [
                user
                for user in users
                if user.username.lower().startswith(wanted) and (is_active is None or user.is_active is is_active)
            ]

        async def load_by_name(pairs: list[Pair[Any]]) -> list[User]:
            return select(await self.records.get_many([pair.value for pair in pairs]))

        async def load(pairs: list[Pair[Any]]) -> list[User]:
            return select([User.model_validate(pair.value) for pair in pairs])

        by_name = sort.endswith("username")
        return await list_page(
            self._namespace,
            self._username(prefix) if by_name else keys.USERS,
            load_by_name if by_name else load,
            limit=limit,
            cursor=cursor,
            reverse=sort.startswith("-"),
        )

    def _username(self, username: str) -> str:
        return f"{keys.USERNAMES}{username.lower()}"
