"""Translations have what their pages have, and are behind none of them."""

import pytest

from documentation.translations import (
    TRANSLATED,
    adapt_translation,
    describe_structure,
    find_translation,
    is_behind,
    list_anchors,
    make_digest,
    read_original,
)  # fmt: skip
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


def test_anchors_are_those_of_forges() -> None:
    page = "# A page\n\n```\n# no heading\n```\n\n## Get `x`: [there](a.md)\n\n## Twice\n\n## Twice\n"
    assert list_anchors(page) == ["a-page", "get-x-there", "twice", "twice-1"]


def test_links_to_headings_of_translated_pages_lead_to_them_on_the_site() -> None:
    link = "[a](operations.md#upgrade) [b](security.md#signing-keys) [c](operations.md#no-such-heading)"
    adapted = adapt_translation(
        f"<!-- translation of how_to_run.md, sha256 0123456789ab -->\n\n{link}", "documentation/how_to_run.md"
    )
    assert adapted == link.replace("operations.md#upgrade", "operations.md#обновите")


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
