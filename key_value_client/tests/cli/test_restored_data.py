"""A copy of the data's folder is put back while a cached namespace and `kv copy` follow: both become what is left."""

from pathlib import Path

from key_value_client import Client
from test_support.processes import wait_until
from test_support.restoring import copy_data, put_back
from test_support.store import Store

from ..conftest import as_administrator
from .conftest import Kv, give_grants


def test_a_cache_and_a_copy_are_what_is_left_of_the_source(own_store: Store, tmp_path: Path) -> None:
    give_grants(own_store, "admin:*")
    kv, database = Kv(tmp_path, own_store).log_in(), own_store.key_value_tarantool
    kv("ns", "create", "copy")
    kv("put", "a", "kept")
    with Client(**as_administrator(own_store)) as client:
        store, target, cached = client.namespace("default"), client.namespace("copy"), client.namespace("default", cached=True)
        kept = copy_data(database, tmp_path / "kept")
        with kv.running("copy", "default", "copy") as copy:
            assert copy.read_error() == "written 1, deleted 0, unchanged 0\n"
            for value in ("lost", "lost too"):
                store.put("a", value)
                store.put("b", value)
            wait_until(lambda: target.get("b", None) == cached.get("b", None) == "lost too", "the copy and the cache")
            put_back(database, kept)
            wait_until(lambda: target.get_many(["a", "b"]) == {"a": "kept"}, "the copy of what is left")
            wait_until(lambda: cached.get_many(["a", "b"]) == {"a": "kept"}, "the cache of what is left")
            for number in range(8):  # as many as would come to the lost revisions
                store.put("b", number)
            wait_until(lambda: target.get("b", None) == cached.get("b", None) == 7, "the copy and the cache following")
            assert target.get("a") == cached.get("a") == "kept"
