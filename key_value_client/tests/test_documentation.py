"""What documentation and docstrings show runs, against real services."""

import doctest
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from key_value_client import (
    AsyncClient,
    AsyncElection,
    AsyncLock,
    AsyncNamespace,
    Client,
    Election,
    Lock,
    Namespace,
    client,
    transactions,
)
from key_value_client.flows import operation, stream
from test_support.processes import ROOT
from test_support.store import Store

from .conftest import as_administrator
from .test_tokens import create_account

GUIDE = ROOT / "documentation" / "client.md"
RECIPES = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def environment(store: Store) -> dict[str, str]:
    account = create_account(store)
    return {
        "CLIENT_ID": account["client_id"],
        "CLIENT_SECRET": account["client_secret"],
        "KV_URL": store.key_value.url,
        "KV_AUTHORIZATION_URL": store.authorization.url,
        "KV_USERNAME": "admin",
        "KV_PASSWORD": store.administrator_password,
    }


@pytest.mark.parametrize("number", range(len(RECIPES)))
def test_a_recipe_runs(environment: dict[str, str], number: int) -> None:
    program = [sys.executable, "-W", "error", "-c", RECIPES[number]]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_there_are_ten_recipes() -> None:
    assert len(RECIPES) >= 11  # the first example is none of them


@pytest.fixture
def namespace(store: Store) -> Iterator[Namespace[Any]]:
    with Client(**as_administrator(store)) as owner:
        name = f"test-{uuid4().hex}"
        owner.create_namespace(name)
        yield owner.namespace(name)
        owner.delete_namespace(name, force=True)


def find_examples() -> list[doctest.DocTest]:
    parser = doctest.DocTestParser()
    documented = {
        f"{holder.__name__}.{name}": member.__doc__
        for holder in (Namespace, Client, Lock, Election, transactions.Transaction)
        for name, member in inspect.getmembers(holder)
        if not name.startswith("_")
    }
    documented |= {"Transaction": transactions.TransactionOperations.__doc__}
    tests = [parser.get_doctest(text or "", {}, name, None, None) for name, text in documented.items()]
    return [test for test in tests if test.examples]


EXAMPLES = find_examples()


@pytest.mark.parametrize("test", EXAMPLES, ids=lambda test: test.name)
def test_a_docstrings_examples_run(namespace: Namespace[Any], test: doctest.DocTest) -> None:
    names = {"store": namespace, "client": Client(namespace._channel.url, token="none")}
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    test.globs = names
    failed, _ = runner.run(test, out=report.append, clear_globs=False)
    assert not failed, "".join(report)


def test_most_operations_show_an_example() -> None:
    assert len(EXAMPLES) >= 15


@pytest.mark.parametrize(
    ("blocking", "awaiting"), [(Client, AsyncClient), (Namespace, AsyncNamespace), (Lock, AsyncLock), (Election, AsyncElection)]
)
def test_both_clients_have_the_same_names_signatures_and_docstrings(blocking: type, awaiting: type) -> None:
    operations = {
        name: member for name, member in inspect.getmembers_static(blocking.__mro__[1]) if isinstance(member, operation | stream)
    }
    assert len(operations) >= 3
    for name, declared in operations.items():
        one, other = getattr(blocking, name), getattr(awaiting, name)
        assert inspect.signature(one) == inspect.signature(other)
        assert inspect.getdoc(one) == inspect.getdoc(other) != ""
        assert inspect.iscoroutinefunction(other) is isinstance(declared, operation)
        assert not inspect.iscoroutinefunction(one)
    public = {name for name in dir(blocking) if not name.startswith("_")}
    assert public == {name for name in dir(awaiting) if not name.startswith("_")}


def test_the_guide_names_exceptions_that_exist() -> None:
    import key_value_client  # noqa: PLC0415
    from key_value_client import authentication, migrations  # noqa: PLC0415

    known = {name for module in (key_value_client, authentication, migrations) for name in dir(module)}
    named = set(re.findall(r"`([A-Z]\w+)`", GUIDE.read_text(encoding="utf-8")))
    assert named - known <= {"KeyError", "TimeoutError", "ValueError", "Retry", "KV_URL"} | {
        name for name in named if name.startswith("KV_")
    }
    assert client.Client.__doc__
