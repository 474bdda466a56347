"""The documentation names files, tests, pages and headings that exist."""

import os
import re
from fnmatch import fnmatch
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from documentation.translations import list_anchors

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("documentation/**/*.md"), ROOT / "benchmarks" / "README.md"])
EXTENSIONS = "py|lua|md|yml|yaml|toml|lock|sh|json|ts|tsx|html|css|png|txt"
FENCE = re.compile(r"^ *(```|~~~).*?^ *\1[^\n]*$", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^()\s>]*(?:\([^()]*\)[^()\s>]*)*)>?(?: \"[^\"]*\")?\)")
PATH = re.compile(r"[\w.*{},/-]+")
TEST = re.compile(r"(?:[\w./]+::)?(test_\w+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_and_anchors_resolve(page: Path) -> None:
    assert find_broken_links(page, page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_named_paths_and_tests_exist(page: Path) -> None:
    assert find_missing_names(page.read_text(encoding="utf-8")) == []


def test_every_page_is_linked_from_another() -> None:
    targets = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in PAGES
        for link in find_links(page.read_text(encoding="utf-8"))
    }

    # A translation is reached from the page that it translates, by the site's choice of languages.
    assert [page.name for page in PAGES if page.name != "README.md" and not page.match("*.ru.md") and page not in targets] == []


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("# A page\n[self](#a-page) [other](documentation/security.md#what-is-not-protected) [folder](documentation)", []),
        ("# A page\n[self](#another-page)", ["#another-page"]),
        ("[other](documentation/absent.md)", ["documentation/absent.md"]),
        ("[other](documentation/security.md#no-such-heading)", ["documentation/security.md#no-such-heading"]),
        ("![plot](benchmarks/published/absent.png)", ["benchmarks/published/absent.png"]),
        ("```\n[in](code.md)\n```\n`[in](span.md)` [elsewhere](https://example.org/absent.md)", []),
        ("## Twice\n## Twice\n[first](#twice) [second](#twice-1) [third](#twice-2)", ["#twice-2"]),
        ("## [A link](README.md) to `GET /a/{b}`, c_d: 1 & 2 …\n[slug](#a-link-to-get-ab-c_d-1--2-)", []),
        ("[a heading with a code span `]`](absent.md)", ["absent.md"]),
    ],
)
def test_broken_links_are_found(text: str, broken: list[str]) -> None:
    assert find_broken_links(ROOT / "README.md", text) == broken


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("`documentation/structure.md`, `structure.md`, `end_to_end_tests/`, `end_to_end_tests`, `Makefile`", []),
        ("`documentation/absent.md` and `absent.py`", ["documentation/absent.md", "absent.py"]),
        ("`development/absent/` and `development/absent`", ["development/absent/", "development/absent"]),
        ("`key_value_tarantool/init.lua`, `y_value_tarantool/init.lua`", ["y_value_tarantool/init.lua"]),
        ("`tarantool_infra/*/init.lua`, `*/absent_*.lua`", ["*/absent_*.lua"]),
        ("`shared_kernel/domain/grants.py`, `shared_kernel/domain/absent.py`", ["shared_kernel/domain/absent.py"]),
        ("`documentation/{structure,absent}.md`", ["documentation/absent.md"]),
        ("`end_to_end_tests/test_documentation.py::test_broken_links_are_found`", []),
        ("`test_broken_links_are_found`, `test_absent`, `test_documentation.py`, `test_support`", ["test_absent"]),
        ("`end_to_end_tests/test_documentation.py::test_absent`", ["test_absent"]),
        (
            "`GET /health/ready`, `/read`, `var/secrets/`, `benchmarks/results/`, `text/html`, `http://127.0.0.1/x.json`",
            [],
        ),
        ("```\n.venv/bin/pytest development/absent -q\n```", ["development/absent"]),
        ("```\nPYTHONPATH=.:development make test   # all of documentation/\n```", []),
    ],
)
def test_missing_names_are_found(text: str, missing: list[str]) -> None:
    assert find_missing_names(text) == missing


def find_links(text: str) -> list[str]:
    """Return the targets of the text's links and images that lead into the repository."""
    prose = CODE_SPAN.sub("code", FENCE.sub("", text))
    return [target for target in LINK.findall(prose) if not re.match(r"[a-z][a-z+.-]*:", target)]


def find_broken_links(page: Path, text: str) -> list[str]:
    """Return the targets that do not exist, as a file or as a heading of a page."""
    return [target for target in find_links(text) if not _resolves(target, page, text)]


def _resolves(target: str, page: Path, text: str) -> bool:
    path, _, anchor = target.partition("#")
    file = page.parent / path
    if not path:
        return anchor in list_anchors(text)
    return file.exists() and (not anchor or anchor in list_anchors(file.read_text(encoding="utf-8")))


def find_missing_names(text: str) -> list[str]:
    """Return the paths and tests in code spans, and the paths in code blocks, that the repository does not have."""
    spans = [span.strip() for _, span in CODE_SPAN.findall(FENCE.sub("", text))]
    words = [word for block in FENCE.finditer(text) for word in block.group().split() if "/" in word and _is_rooted(word)]
    missing = []
    for name in [*spans, *words]:
        if (test := TEST.fullmatch(name)) and test.group(1) not in _test_functions() and not _exists(name):
            missing.append(test.group(1))
        missing += [path for path in _expand_braces(name.partition("::")[0]) if _looks_like_path(path) and not _exists(path)]
    return missing


def _looks_like_path(name: str) -> bool:
    """Return whether it begins at the top of the repository, or ends as a file's name does, and is not a URL's path."""
    is_file = re.search(rf"[\w*]\.({EXTENSIONS})$", name)
    return bool(PATH.fullmatch(name)) and not name.startswith("/") and (_is_rooted(name) or bool(is_file))


def _is_rooted(name: str) -> bool:
    return name.partition("/")[0] in _top_names()


def _exists(path: str) -> bool:
    """Return whether git ignores the path, or the repository has one that is or ends with it."""
    pattern = path.rstrip("/")
    return _is_ignored(pattern) or any(fnmatch(f"/{known}", f"*/{pattern}") for known in _paths())


def _expand_braces(name: str) -> list[str]:
    """Return `a/b` and `a/c` for `a/{b,c}`."""
    parts = re.split(r"\{([\w.,-]*,[\w.,-]*)\}", name)
    return [
        "".join(choice) for choice in product(*(part.split(",") if index % 2 else [part] for index, part in enumerate(parts)))
    ]


def _is_ignored(path: str) -> bool:
    """Return whether `.gitignore` excludes the path: by its place where a pattern begins with a slash, else by a part's name."""
    anchored = (f"{path}/".startswith(f"{pattern[1:]}/") for pattern in _ignored() if pattern.startswith("/"))
    named = (fnmatch(part, pattern) for pattern in _ignored() for part in path.split("/"))
    return any(anchored) or any(named)


@cache
def _ignored() -> list[str]:
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    return [".git", *(line.rstrip("/") for line in lines if line and not line.startswith("#"))]


@cache
def _paths() -> list[str]:
    """Return every folder and file of the repository that git does not ignore."""
    paths = []
    for folder, folders, files in os.walk(ROOT):
        place = Path(folder).relative_to(ROOT)
        folders[:] = [name for name in folders if not _is_ignored((place / name).as_posix())]
        paths += [(place / name).as_posix() for name in [*folders, *files]]
    return paths


@cache
def _top_names() -> set[str]:
    return {path for path in _paths() if "/" not in path}


@cache
def _test_functions() -> set[str]:
    tests = [ROOT / path for path in _paths() if re.fullmatch(r"(.*/)?test_\w+\.py", path)]
    return {
        name
        for test in tests
        for name in re.findall(r"^ *(?:async )?def (test_\w+)", test.read_text(encoding="utf-8"), re.MULTILINE)
    }
