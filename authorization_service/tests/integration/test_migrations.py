"""Migration of data of earlier versions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from authorization_service.application.event.event_repository import EventFilter, KeptEvent
from authorization_service.domain.entities.session import SessionPolicy
from authorization_service.domain.entities.user import Role
from authorization_service.domain.value_objects.profile import Profile
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from authorization_service.domain.value_objects.rights import Rights
from authorization_service.infrastructure.db.repositories.tarantool_event_repository import TarantoolEventRepository
from authorization_service.infrastructure.db.repositories.tarantool_grant_repository import TarantoolGrantRepository
from authorization_service.infrastructure.db.repositories.tarantool_session_repository import TarantoolSessionRepository
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.domain.grants import Grant
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from test_support.authorization.fakes import NOON
from test_support.authorization.kept_events import FOR_AGES
from test_support.connections import connected
from test_support.processes import ROOT, ProcessUnderTest, Tarantool

USER_ID = "0199a1b2-0000-7000-8000-000000000001"
MICROSECONDS = round(NOON.timestamp() * 1_000_000)
FORGE = """
box.cfg{{work_dir = '{data}', log_level = 1, memtx_memory = 67108864}}
local history = box.schema.space.create('schema_migrations',
    {{format = {{{{'number', 'unsigned'}}, {{'name', 'string'}}, {{'applied_at', 'number'}}}}}})
history:create_index('number', {{parts = {{{{'number', 'unsigned'}}}}}})
for number, name in ipairs({{{names}}}) do
    dofile('{migrations}/' .. name)()
    history:insert({{number, name, 0}})
end
{insert}
os.exit(0)
"""


def forge(folder: Path, version: int, insert: str) -> None:
    """Create data to which only the first migrations were applied."""
    data = folder / "data"
    data.mkdir()
    migrations = ROOT / "tarantool_infra/authorization_tarantool/migrations"
    names = ", ".join(f"'{path.name}'" for path in sorted(migrations.glob("*.lua"))[:version])
    script = folder / "forge.lua"
    script.write_text(FORGE.format(data=data, migrations=migrations, names=names, insert=insert))
    assert ProcessUnderTest(["tarantool", str(script)], {}, folder / "forge.log").start().wait() == 0


@asynccontextmanager
async def connect(folder: Path) -> AsyncIterator[TarantoolConnection]:
    with Tarantool("authorization", folder, **FOR_AGES) as server:
        async with connected(server) as connection:
            yield connection


async def test_users_of_the_first_version_keep_their_grants(tmp_path: Path) -> None:
    user = f"'{USER_ID}', 'anna', 'Anna', 'a hash', 'Anna', 'Petrova', 'administrator', {MICROSECONDS}"
    forge(tmp_path, 1, f"box.space.users:insert({{{user}}})")
    async with connect(tmp_path) as connection:
        users = TarantoolUserRepository(connection)
        found = await users.find_by_username("anna")
        assert found is not None
        assert (found.is_enabled, found.profile, found.created_at, found.role) == (True, Profile(), NOON, Role.ADMINISTRATOR)
        assert await users.has_administrator()
        rights = await TarantoolGrantRepository(connection).find_rights(USER_ID)
        assert rights == Rights((Grant.parse("read:default"), Grant.parse("write:default")), {})
        assert await users.change(found.change_password(NOON, "another hash"))


async def test_old_events_can_be_found_by_user_and_type(tmp_path: Path) -> None:
    user = f"'{USER_ID}', 'anna', 'Anna', 'a hash', 'Anna', 'Petrova', 'member', {MICROSECONDS}, true, '{{}}', 1"
    events = [("PasswordChanged", USER_ID), ("GroupCreated", "somebody"), ("PasswordChanged", USER_ID), ("UserEnabled", USER_ID)]
    insert = [f"box.space.users:insert({{{user}}})"]
    insert += [f"box.space.events:insert({{box.NULL, '{kind}', '{whom}', {MICROSECONDS}, '{{}}'}})" for kind, whom in events]
    insert += ["box.space.events:delete(1)"]
    forge(tmp_path, 7, "\n".join(insert))
    second, third, fourth = (
        KeptEvent(number, kind, whom, "Anna" if whom == USER_ID else None, NOON, {})
        for number, (kind, whom) in enumerate(events[1:], 2)
    )
    async with connect(tmp_path) as connection:
        kept = TarantoolEventRepository(connection)
        page = await kept.list(EventFilter(), 0, 10)
        assert (page.events, page.forgotten) == ([second, third, fourth], 1)
        assert page.last > 2**48  # whether the data were put back is not known of an earlier version
        assert (await kept.list(EventFilter(username_key="anna"), 0, 10)).events == [third, fourth]
        assert (await kept.list(EventFilter("UserEnabled", user_id=USER_ID), 0, 10)).events == [fourth]
        assert (await kept.list(EventFilter("PasswordChanged"), 0, 10)).forgotten == 1


async def test_session_of_an_earlier_version_continues_with_all_grants(tmp_path: Path) -> None:
    user = f"'{USER_ID}', 'anna', 'Anna', 'a hash', 'Anna', 'Petrova', 'member', {MICROSECONDS}, true, '{{}}', 1"
    token, ends_at = RefreshToken.new(), 2 * MICROSECONDS
    session = (
        f"'{uuid4()}', '{USER_ID}', '{token.family_hash}', '{token.secret_hash}', {MICROSECONDS}, {MICROSECONDS}, {ends_at},"
        f" {ends_at}, {ends_at}, '192.0.2.1', 'a browser'"
    )
    forge(tmp_path, 10, f"box.space.users:insert({{{user}}})\nbox.space.sessions:insert({{{session}}})")
    async with connect(tmp_path) as connection:
        policy = SessionPolicy(timedelta(days=1), timedelta(days=2), timedelta(minutes=15), 10)
        sessions = TarantoolSessionRepository(connection, policy, Revocations())
        refreshed = await sessions.refresh(token, ClientInfo("192.0.2.1", "a browser"))
        assert (str(refreshed.user.id), refreshed.session.scope) == (USER_ID, None)
