"""Each step of the scripts in `browser/` is a test: what a person does in the console, in Chromium, against real services."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import Outcomes

_STEP = re.compile(r"^\s*await step\(\s*[\"`](.+?)[\"`],", re.MULTILINE)


def _find_steps() -> Iterator[tuple[str, str]]:
    for script in sorted((Path(__file__).parent / "browser").glob("*.test.mjs")):
        for name in _STEP.findall(script.read_text(encoding="utf-8")):
            yield script.name, name


@pytest.mark.parametrize(("script", "step"), list(_find_steps()))
def test_step(script: str, step: str, run_script: Callable[[str], Outcomes]) -> None:
    outcomes = run_script(script)
    assert step in outcomes, f"the step was not reached: {outcomes['']['error']}"
    assert outcomes[step]["error"] is None, outcomes[step]["error"]
