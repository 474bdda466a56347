"""Translations have what their pages have, and are behind none of them."""

import pytest

from documentation.translations import TRANSLATED, describe_structure, find_translation, is_behind, make_digest, read_original
from test_support.processes import ROOT


@pytest.mark.parametrize("page", TRANSLATED)
def test_translation_is_of_the_page_as_it_is(page: str) -> None:
    assert not is_behind(page), f"translate what has changed, then: python -m documentation.translations --mark {page}"
    original = describe_structure(read_original(page))
    translation = describe_structure(find_translation(page).read_text(encoding="utf-8"))
    assert original["headings"]
    assert translation == original


def test_every_translation_is_checked() -> None:
    translations = {
        path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.ru.md"), *(ROOT / "documentation").rglob("*.ru.md"))
    }
    assert translations == {page.replace(".md", ".ru.md") for page in TRANSLATED}


def test_digest_is_of_the_bytes_but_those_that_a_command_writes() -> None:
    table = b"a\n<!-- make bench-publish writes this table -->\n%b\n<!-- end of the table -->\n"
    assert make_digest(table % b"1") == make_digest(table % b"2") != make_digest(b"b\n" + table % b"1")
    assert make_digest(b"") == "e3b0c44298fc"
    assert make_digest(b"a\n") != make_digest(b"a\r\n")


@pytest.mark.parametrize(
    ("translation", "equal"),
    [
        ("# Страница\n\n[там](there.md#part).\n\n```sh\na b  # это\n```\n", True),
        ("# Страница\n\n[там](there.ru.md#part).\n\n```sh\na b\n```\n", True),
        ("## Страница\n\n[там](there.md#part).\n\n```sh\na b\n```\n", False),
        ("# Страница\n\n```sh\na b\n```\n", False),
        ("# Страница\n\n[там](elsewhere.md).\n\n```sh\na b\n```\n", False),
        ("# Страница\n\n[там](there.md#part).\n\n```sh\na c\n```\n", False),
        ("# Страница\n\n[там](there.md#part).\n\n<!-- not run: why -->\n\n```sh\na b\n```\n", False),
    ],
)
def test_differences_of_structure_are_found(translation: str, equal: bool) -> None:
    page = "# A page\n\nSee [there](there.md#part).\n\n```sh\na b  # that\n```\n"
    assert (describe_structure(translation) == describe_structure(page)) is equal
