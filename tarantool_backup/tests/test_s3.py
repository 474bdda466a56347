"""The repository is a bucket: the same commands, over HTTP, against moto's server of S3."""

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tarantool_backup.infrastructure.trial import TarantoolTrial
from test_support.processes import ProcessUnderTest, Tarantool, reserve_port, wait_until

from .conftest import STORE, Backup, Client

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Backup]:
    """The command with a bucket."""
    port = reserve_port()
    url = f"http://127.0.0.1:{port}"
    server = [str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]

    def has_made_bucket() -> bool:
        try:
            return httpx.put(f"{url}/backups", trust_env=False).is_success
        except httpx.TransportError:
            return False

    with ProcessUnderTest(server, {}, tmp_path / "s3.log"):
        wait_until(has_made_bucket, "the bucket")
        yield Backup("s3://backups/store", tmp_path, AWS_ENDPOINT_URL=url, **CREDENTIALS)


def test_a_bucket_is_as_good_as_a_folder(bucket: Backup, database: Tarantool, client: Client, tmp_path: Path) -> None:
    with bucket.follow(database.directory):
        wait_until(lambda: len(bucket("list").splitlines()) == 2, "the first backup")
        client.write({f"key-{number}": f'"{number:0200}"' for number in range(1000)})
        for number in range(5):
            revision = client.write({"last": str(number)})

        def is_stored() -> bool:
            target = ("restore", STORE, tmp_path / "restored", "--to-revision", f"default@{revision}")
            return bucket._run(*target).returncode == 0

        wait_until(is_stored, "all that was written being stored")
    report = TarantoolTrial().inspect(tmp_path / "restored")
    assert (report.spaces["pairs"].tuples, report.namespaces["default"], report.faults) == (1001, revision, [])
    bucket("create", database.directory)
    assert bucket("verify", STORE).endswith(" is good\n")
    assert bucket("prune", STORE, "--keep-last", 1).startswith(f"deleted {STORE}/")
    assert len(bucket("list").splitlines()) == 2


def test_a_bucket_that_is_not_there_is_named(bucket: Backup, database: Tarantool) -> None:
    bucket.environment["BACKUP_REPOSITORY"] = "s3://absent/store"
    assert bucket.refuse("create", database.directory).startswith("cannot use s3://absent/store: ")
    bucket.environment["BACKUP_REPOSITORY"] = "s4://absent/store"
    assert bucket.refuse("list").startswith("cannot use s4://absent/store: ")
