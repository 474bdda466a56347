"""Each requirement that `documentation/conformance.md` lists has a test that names it."""

import ast
import re
from collections.abc import Iterator

import pytest

from test_support.processes import ROOT

PAGE = (ROOT / "documentation/conformance.md").read_text(encoding="utf-8")
TESTS = sorted((ROOT / "authorization_service/tests").rglob("test_*.py"))
MARK = "implements"


def list_rows(page: str) -> Iterator[tuple[str, str]]:
    """Yield the heading and the first cell of each row of the tables."""
    heading = ""
    for line in page.splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif (row := re.match(r"\| ([^|]+) \|", line)) and row[1] not in ("section", "---"):
            yield heading, row[1]


REQUIRED = [section for heading, section in list_rows(PAGE) if heading != "What does not apply"]


def list_marks(source: str) -> Iterator[str]:
    """Yield the requirements that the tests of a file are marked with."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.startswith("test_"):
            continue
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == MARK:
                yield from (str(argument.value) for argument in decorator.args if isinstance(argument, ast.Constant))


TESTED = {mark for file in TESTS for mark in list_marks(file.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("section", REQUIRED)
def test_requirement_has_a_test(section: str) -> None:
    assert section in TESTED


def test_tests_name_listed_requirements() -> None:
    assert TESTED - set(REQUIRED) == set()


def test_requirements_are_listed_once_and_found() -> None:
    assert len(REQUIRED) == len(set(REQUIRED)) > 80
    text = "## One\n| section | requirement |\n|---|---|\n| RFC 1, 2 | a |\n## What does not apply\n| RFC 3 | b |"
    assert list(list_rows(text)) == [("One", "RFC 1, 2"), ("What does not apply", "RFC 3")]
    source = (
        'def x():\n    pass\n@implements("a", "b")\n@other(1)\ndef test_x():\n    pass\n@implements("c")\ndef helper():\n    pass'
    )
    assert list(list_marks(source)) == ["a", "b"]
