"""Data of earlier versions."""

from pathlib import Path

from authorization_service.tests.fakes import NOON

from authorization_service.domain.entities.user import Role
from authorization_service.domain.value_objects.profile import Profile
from authorization_service.domain.value_objects.rights import Rights
from authorization_service.infrastructure.db.repositories.tarantool_grant_repository import TarantoolGrantRepository
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from shared_kernel.domain.grants import Grant
from shared_kernel.infrastructure.tarantool import TarantoolAddress, TarantoolConnection
from testing.processes import ROOT, ProcessUnderTest, Tarantool

USER_ID = "0199a1b2-0000-7000-8000-000000000001"
FIRST = "0001_create_users.lua"
FORGE = """
box.cfg{{work_dir = '{data}', log_level = 1, memtx_memory = 67108864}}
dofile('{migrations}/{first}')()
box.space.users:insert({{'{user_id}', 'anna', 'Anna', 'a hash', 'Anna', 'Petrova', 'administrator', {created_at}}})
local history = box.schema.space.create('schema_migrations',
    {{format = {{{{'number', 'unsigned'}}, {{'name', 'string'}}, {{'applied_at', 'number'}}}}}})
history:create_index('number', {{parts = {{{{'number', 'unsigned'}}}}}})
history:insert({{1, '{first}', 0}})
os.exit(0)
"""


async def test_users_of_the_first_version_keep_what_they_could_do(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    forge = tmp_path / "forge.lua"
    migrations = ROOT / "tarantool_infra/authorization_tarantool/migrations"
    created_at = round(NOON.timestamp() * 1_000_000)
    forge.write_text(FORGE.format(data=data, migrations=migrations, first=FIRST, user_id=USER_ID, created_at=created_at))
    assert ProcessUnderTest(["tarantool", str(forge)], {}, tmp_path / "forge.log").start().wait() == 0
    with Tarantool("authorization", tmp_path) as server:
        connection = TarantoolConnection(TarantoolAddress("127.0.0.1", server.port, server.user, server.password_file))
        connection.start()
        users = TarantoolUserRepository(connection)
        user = await users.find_by_username("anna")
        assert user is not None
        assert (user.is_enabled, user.profile, user.created_at, user.role) == (True, Profile(), NOON, Role.ADMINISTRATOR)
        assert await users.has_administrator()
        rights = await TarantoolGrantRepository(connection).find_rights(USER_ID)
        assert rights == Rights((Grant.parse("read:default"), Grant.parse("write:default")), {})
        assert await users.change(user.change_password(NOON, "another hash"))
        await connection.close()
