"""Assertions outside test modules: a failure shows the values that were compared."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import httpx
import pytest
from _pytest.assertion.rewrite import AssertionRewritingHook

import test_support
import verification
from test_support.problems import read_problem
from test_support.processes import wait_until


def modules_with_assertions() -> Iterator[str]:
    for package in (test_support, verification):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            yield module.name


@pytest.mark.parametrize("name", [*modules_with_assertions()])
def test_assertions_of_shared_modules_are_rewritten(name: str) -> None:
    spec = import_module(name).__spec__
    assert spec is not None
    assert isinstance(spec.loader, AssertionRewritingHook)


def test_failed_assertion_of_a_helper_shows_both_values() -> None:
    with pytest.raises(AssertionError, match="assert 404 == 403"):
        read_problem(httpx.Response(404, text="Not found"), 403, "insufficient-scope")


def test_wait_that_times_out_says_what_did_not_happen() -> None:
    with pytest.raises(AssertionError, match=r"the change did not happen within 0\.01 seconds"):
        wait_until(lambda: False, "the change", seconds=0.01)
