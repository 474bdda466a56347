"""Commands tell whatever their use cases refuse."""

import builtins
import pkgutil
import re
from importlib import import_module
from types import ModuleType

import pytest

from authorization_service.domain import exceptions as domain
from authorization_service.presentation import cli
from authorization_service.presentation.cli.running import REFUSALS
from shared_kernel.application import availability
from shared_kernel.domain import rules

WHERE_ERRORS_ARE: list[ModuleType] = [domain, availability, rules, builtins]
USE_CASES: set[type] = {
    use_case
    for module in pkgutil.iter_modules(cli.__path__, f"{cli.__name__}.")
    for use_case in vars(import_module(module.name)).values()
    if isinstance(use_case, type) and use_case.__module__.startswith("authorization_service.application.")
    if "__call__" in vars(use_case)
}


@pytest.mark.parametrize("use_case", sorted(USE_CASES, key=repr))
def test_every_error_that_a_use_case_names_is_told(use_case: type) -> None:
    promises = vars(use_case)["__call__"].__doc__
    named = re.findall(r"\w+Error", promises)
    assert named, promises
    for name in named:
        (error,) = {getattr(module, name) for module in WHERE_ERRORS_ARE if hasattr(module, name)}
        assert issubclass(error, (*REFUSALS, rules.RulesBrokenError, availability.StoreUnavailableError)), name


def test_there_are_use_cases_to_be_looked_at() -> None:
    assert len(USE_CASES) > 20
