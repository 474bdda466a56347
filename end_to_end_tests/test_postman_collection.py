"""The Postman collection, as newman runs it."""

from test_support.postman import run_collection
from test_support.store import Store


def test_collection_passes_twice_against_the_same_data(store: Store) -> None:
    for _ in range(2):
        run_collection(store.authorization.url, store.key_value.url, store.administrator_password)
