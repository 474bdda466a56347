"""Instances: access control, migrations, durability and settings."""

import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import tarantool
from tarantool.error import DatabaseError, NetworkError

from test_support.processes import ROOT, Tarantool, wait_until

# A space is not even visible to a user without rights to it.
DENIED = r"denied|no space with name"


def connect(server: Tarantool, user: str | None = None, password: str | None = None) -> tarantool.Connection:
    return tarantool.connect("127.0.0.1", server.port, user=user, password=password)


@pytest.fixture
def server(key_value_tarantool: Tarantool) -> Tarantool:
    return key_value_tarantool


@pytest.fixture
def service(server: Tarantool) -> Iterator[tarantool.Connection]:
    with closing(connect(server, server.user, server.password)) as connection:
        yield connection


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the connector leaves refused sockets open
@pytest.mark.parametrize("instance", ["authorization_tarantool", "key_value_tarantool"])
def test_guest_has_no_rights(instance: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises((DatabaseError, NetworkError), match="denied for user 'guest'"):
        connect(request.getfixturevalue(instance)).eval("return 1")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("user", "password"), [("key_value_service", "wrong"), ("admin", ""), ("admin", "admin"), ("nobody", "x")]
)
def test_wrong_credentials_are_rejected(server: Tarantool, user: str, password: str) -> None:
    with pytest.raises(DatabaseError):
        connect(server, user, password).ping()


ATTEMPTS: dict[str, Callable[[tarantool.Connection], object]] = {
    "insert past the functions": lambda connection: connection.insert("pairs", ("k", "1")),
    "delete": lambda connection: connection.delete("pairs", "k"),
    "evaluate Lua": lambda connection: connection.eval("return 1"),
    "call anything": lambda connection: connection.call("os.exit", 1),
    "create a space": lambda connection: connection.call("box.schema.space.create", "mine"),
    "forge history": lambda connection: connection.insert("schema_migrations", (99, "x", 0)),
    "grant itself more": lambda connection: connection.call("box.schema.user.grant", "key_value_service", "super"),
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_service_has_least_privileges(service: tarantool.Connection, attempt: Callable[[tarantool.Connection], object]) -> None:
    with pytest.raises(DatabaseError, match=DENIED):
        attempt(service)


def test_password_is_random_and_readable_by_owner_and_group_only(server: Tarantool, authorization_tarantool: Tarantool) -> None:
    assert len(server.password) == 64
    assert server.password != authorization_tarantool.password
    assert stat.S_IMODE(server.password_file.stat().st_mode) == 0o640


def test_failed_batch_is_rolled_back(service: tarantool.Connection) -> None:
    with pytest.raises(DatabaseError):
        service.call("key_value.write", "default", [["half-way", "1"], ["bad", 5]], None, False, {})
    assert service.call("key_value.find", "default", ["half-way"], 1000)[0][0] == []


def test_log_is_read_from_revisions_of_every_encoded_size(tmp_path: Path) -> None:
    with Tarantool("key_value", tmp_path) as server, closing(connect(server, server.user, server.password)) as service:
        service.call("namespaces.put", "sizes", ["", None, None, None, 10**6], 10_000)
        [namespace_id, *_] = service.call("changes.attach", "sizes")[0]
        for _ in range(270):
            service.call("key_value.write", "sizes", [["one", "1"]], None, False, {})
        for _ in range(67):
            service.call("key_value.write", "sizes", [[f"key-{number}", "1"] for number in range(1000)], None, False, {})
        for after in (0, 126, 127, 128, 254, 255, 256, 269, 270, 65_269, 65_270, 66_000):
            [[[_, revision, oldest, [[_, last, first, changes], *_]]]] = service.call(
                "changes.follow", [[namespace_id, after]], 0, 1
            )
            assert (revision, oldest) == (67_270, 1)
            assert first <= after + 1 <= last
            assert len(changes) == last - first + 1


def test_data_and_password_survive_a_crash_and_migrations_are_applied_once(tmp_path: Path) -> None:
    server = Tarantool("key_value", tmp_path)
    with server:
        with closing(connect(server, server.user, server.password)) as connection:
            connection.call("key_value.write", "default", [["kept", "1.0"]], None, False, {})
        password = server.password
        server.kill()
        server.start()
        assert server.password == password
        with closing(connect(server, server.user, password)) as connection:
            assert connection.call("key_value.find", "default", ["kept"], 1000)[0] == [[[1, "kept", "1.0", 1, 1, 1]], 1]
    assert server.output.count("applying migration 0001_create_pairs.lua") == 1


def test_privileges_that_are_not_needed_any_more_are_revoked(tmp_path: Path) -> None:
    generous = tmp_path / "generous.lua"
    instance = ROOT / "tarantool_infra/key_value_tarantool"
    generous.write_text(
        f"package.path = '{ROOT}/tarantool_infra/?.lua;' .. package.path\n"
        "require('common.instance').start({user = 'key_value_service', functions = {'os.time'},\n"
        f"readable_spaces = {{'pairs', 'schema_migrations'}}, directory = '{instance}'}})\n"
    )
    server = Tarantool("key_value", tmp_path / "server")
    usual = server._command
    server._command = ["tarantool", str(generous)]
    with server:
        with closing(connect(server, server.user, server.password)) as connection:
            connection.call("os.time")
            connection.select("schema_migrations")
        server.stop()
        server._command = usual
        server.start()
        with closing(connect(server, server.user, server.password)) as connection:
            with pytest.raises(DatabaseError, match=DENIED):
                connection.call("os.time")
            with pytest.raises(DatabaseError, match=DENIED):
                connection.select("schema_migrations")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TARANTOOL_WAL_MODE", "none"),
        ("TARANTOOL_MEMTX_MEMORY", "lots"),
        ("TARANTOOL_MEMTX_MEMORY", "1024"),
        ("TARANTOOL_EVENTS_KEPT", "99"),
        ("TARANTOOL_EVENTS_KEPT_DAYS", "0"),
        ("TARANTOOL_EVENTS_KEPT_DAYS", "a year"),
        ("TARANTOOL_LISTEN", "3301x"),
        ("TARANTOOL_PASSWORD_FILE", ""),
    ],
)
def test_invalid_setting_ends_the_start_with_its_name(tmp_path: Path, name: str, value: str) -> None:
    server = Tarantool("key_value", tmp_path, **{name: value})
    super(Tarantool, server).start()
    assert server.wait() == 78
    assert server.output.startswith(f"broken setting {name}: ")


def run_on_the_data(server: Tarantool, folder: Path, script: str) -> None:
    """Run a Lua script on the data of a stopped server."""
    file = folder / "script.lua"
    file.write_text(f"box.cfg{{work_dir='{folder}/data', log_level=1, memtx_memory=67108864}}\n{script}\nos.exit(0)\n")
    server._command, usual = ["tarantool", str(file)], server._command
    assert super(Tarantool, server).start().wait() == 0
    server._command = usual


def test_pairs_from_before_migration_3_expire(tmp_path: Path) -> None:
    server = Tarantool("key_value", tmp_path)
    with server:
        with closing(connect(server, server.user, server.password)) as connection:
            connection.call("key_value.write", "default", [["kept", "1"]], None, False, {})
            connection.call("key_value.write", "default", [["short", "1"]], 3600_000, False, {})
        server.stop()
        run_on_the_data(
            server,
            tmp_path,
            """
            box.space.pairs.index.expires_at:drop()
            box.space.pairs:update({1, 'short'}, {{'=', 7, 1}})
            box.schema.space.create('expirations'):create_index('primary', {parts = {{1, 'unsigned'}}})
            box.space.expirations:insert({1, 1, 'short'})
            box.space.schema_migrations:delete(3)
            """,
        )
        server.start()
        with closing(connect(server, server.user, server.password)) as connection:
            wait_until(lambda: connection.call("namespaces.describe", "default")[0][0] == 1, "the expiry")
            assert connection.call("key_value.read", "default", ["kept", "short"], 1000)[0][0] == ["1", None]


def test_pairs_from_before_migration_4_are_found(tmp_path: Path) -> None:
    server = Tarantool("key_value", tmp_path)
    with server:
        with closing(connect(server, server.user, server.password)) as connection:
            connection.call("key_value.write", "default", [["a", "1"], ["b", "2"]], None, False, {})
        server.stop()
        run_on_the_data(server, tmp_path, "box.space.pairs.index.lookup:drop() box.space.schema_migrations:delete(4)")
        server.start()
        with closing(connect(server, server.user, server.password)) as connection:
            assert connection.call("key_value.read", "default", ["b", "c", "a"], 1000)[0][0] == ["2", None, "1"]
            assert connection.call("key_value.delete", "default", ["a"], {})[0] == [3, []]
            assert connection.call("key_value.read", "default", ["a", "b"], 1000)[0][0] == [None, "2"]


def test_pairs_from_before_migration_5_stay_and_take_bytes(tmp_path: Path) -> None:
    server = Tarantool("key_value", tmp_path)
    with server:
        with closing(connect(server, server.user, server.password)) as connection:
            connection.call("key_value.write", "default", [["old", '"1"'], ["replaced", "2"]], None, False, {})
        server.stop()
        run_on_the_data(
            server,
            tmp_path,
            """
            local format = box.space.pairs:format()
            format[3].type = 'string'
            box.space.pairs:format(format)
            box.space.schema_migrations:delete(5)
            """,
        )
        server.start()
        with closing(connect(server, server.user, server.password)) as connection:
            assert connection.call("namespaces.describe", "default")[0][0] == 2
            value = b"image/png\n\x89PNG"
            connection.call("key_value.write", "default", [["replaced", [value]], ["new", [value]]], None, False, {})
            values, revision = connection.call("key_value.read", "default", ["old", "replaced", "new"], 1000)[0]
            assert (values[0], [pair[2] for pair in values[1:]], revision) == ('"1"', [value, value], 4)


def test_answers_are_kept_with_data_from_before(tmp_path: Path) -> None:
    server = Tarantool("key_value", tmp_path)
    request = ["key", "fingerprint", 60_000]
    with server:
        with closing(connect(server, server.user, server.password)) as connection:
            connection.call("key_value.write", "default", [["a", "1"]], None, False, {})
        server.stop()
        run_on_the_data(
            server,
            tmp_path,
            """
            box.space.idempotency:drop()
            for _, migration in box.space.schema_migrations:pairs() do
                if migration.name:match('idempotency') then
                    box.space.schema_migrations:delete(migration.number)
                end
            end
            """,
        )
        server.start()
        with closing(connect(server, server.user, server.password)) as connection:
            answers = [connection.call("key_value.increment", "default", "a", "1", {}, request)[0] for _ in range(2)]
            assert [answers[0], answers[1][0], answers[1][1][4]] == [[False, [2, "2"]], True, [2, "2"]]


def test_data_from_before_watch_tickets_get_them_and_are_refused_by_the_version_before(tmp_path: Path) -> None:
    server = Tarantool("key_value", tmp_path)
    token = [1, 2, "u", [], "", "", None]
    create = ("watch_tickets.create", "default", "digest", "u", token, 30, 1, 1)
    with server:
        with closing(connect(server, server.user, server.password)) as connection:
            connection.call("key_value.write", "default", [["kept", "1"]], None, False, {})
        server.stop()
        run_on_the_data(
            server,
            tmp_path,
            """
            box.space.watch_tickets:drop()
            for _, applied in box.space.schema_migrations:pairs() do
                if applied.name:find('watch_tickets') then box.space.schema_migrations:delete(applied.number) end
            end
            """,
        )
        server.start()
        with closing(connect(server, server.user, server.password)) as connection:
            assert connection.call("key_value.read", "default", ["kept"], 1000)[0][0] == ["1"]
            assert connection.call(*create)[0][0] > 1e15
            assert connection.call(*create)[0][0] == "too many tickets"
            assert connection.call("watch_tickets.redeem", "default", "digest")[0] == token
            assert connection.call("watch_tickets.redeem", "default", "digest")[0] == ["no ticket"]
        server.stop()
    before = tmp_path / "before"
    shutil.copytree(ROOT / "tarantool_infra", before)
    migrations = sorted((before / "key_value_tarantool/migrations").iterdir())
    (migration,) = (path for path in migrations if path.name.endswith("_create_watch_tickets.lua"))
    for path in migrations[migrations.index(migration) :]:
        path.unlink()
    server._command = ["tarantool", str(before / "key_value_tarantool/init.lua")]
    assert super(Tarantool, server).start().wait() == 1
    assert f"the data has migration {migrations[-1].name}, which this version does not know" in server.output


def test_namespaces_from_before_migration_6_stay_and_take_a_history(tmp_path: Path) -> None:
    server = Tarantool("key_value", tmp_path)
    settings = ["old", None, 10**6, 3600_000, 1]
    with server:
        with closing(connect(server, server.user, server.password)) as connection:
            connection.call("namespaces.put", "old", settings, 10_000)
            connection.call("key_value.write", "old", [["a", "1"]], None, False, {})
        server.stop()
        run_on_the_data(
            server,
            tmp_path,
            """
            for _, namespace in ipairs(box.space.namespaces:select()) do
                box.space.namespaces:update(namespace.id, #namespace == 13 and {{'#', 13, 1}} or {})
            end
            local format = box.space.namespaces:format()
            table.remove(format, 13)
            box.space.namespaces:format(format)
            for _, name in ipairs({'history', 'removals', 'history_trims'}) do
                box.space[name]:drop()
            end
            box.space.schema_migrations:delete(6)
            """,
        )
        server.start()
        with closing(connect(server, server.user, server.password)) as connection:
            assert connection.call("namespaces.find", "old")[0][7:13] == ["old", 1, None, 10**6, 3600_000]
            _, current, kept, _ = connection.call("history.list", "old", "a", None, 10, 1000)[0][:4]
            assert (current, kept) == (None, [])  # the log has its only change
            stored = connection.call("namespaces.put", "old", [*settings, 2], 10_000)[0][1]
            assert stored[7:13] == ["old", 1, None, 10**6, 3600_000, 2]
            connection.call("key_value.write", "old", [["a", "2"]], None, False, {})
            _, _, kept, _ = connection.call("history.list", "old", "a", None, 10, 1000)[0][:4]
            assert [tuple_of_history[3] for tuple_of_history in kept] == ["1"]


def test_data_of_a_newer_version_are_refused(tmp_path: Path) -> None:
    server = Tarantool("key_value", tmp_path)
    with server:
        server.stop()
    run_on_the_data(server, tmp_path, "box.space.schema_migrations:insert({99, '0099_from_the_future.lua', 0})")
    assert super(Tarantool, server).start().wait() == 1
    assert "0099_from_the_future.lua" in server.output


def test_data_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    with Tarantool("key_value", tmp_path):
        files = list((tmp_path / "data").iterdir())
        assert files
        assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in [tmp_path / "data", *files]} == {0}
