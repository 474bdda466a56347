"""Links of pages: into the site where their target is in it, otherwise none."""

import re
from pathlib import PurePosixPath
from posixpath import normpath, relpath

DOCUMENTATION = "documentation/"

INCLUDED = {
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "benchmarks/README.md": "project/benchmarks.md",
    "console/README.md": "project/console.md",
    "examples/accounts/README.md": "project/example_accounts.md",
    "examples/coffee/README.md": "project/example_coffee.md",
    "examples/microblog/README.md": "project/example_microblog.md",
}
"""Pages of the repository that the site has, too, by their paths, and what they are called there."""

PICTURES = "benchmarks/published"
"""The folder with the plots of the last published benchmark; the site has them under the same name."""

_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?![a-z][a-z+.-]*:|#)([^()\s#]+)(#[^()\s]*)?\)")
_BLOCK = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)


def find_source(page: str) -> str:
    """Return the path in the repository of a page of the site."""
    return next((path for path, name in INCLUDED.items() if name == page), DOCUMENTATION + page)


def adapt_links(text: str, page: str) -> str:
    """Return a page of the site with its links as the site has their targets; to what it has not, it names them alone."""
    folder = PurePosixPath(find_source(page)).parent.as_posix()

    def replace(link: re.Match[str]) -> str:
        target = normpath(f"{folder}/{link[3]}")
        inside = _find_page(target)
        if inside is None:
            return link[2]
        return f"{link[1]}[{link[2]}]({relpath(inside, PurePosixPath(page).parent.as_posix())}{link[4] or ''})"

    # In code, a pair of brackets is no link.
    return "".join(part if index % 2 else _LINK.sub(replace, part) for index, part in enumerate(_BLOCK.split(text)))


def _find_page(target: str) -> str | None:
    if target.startswith(DOCUMENTATION):
        return target.removeprefix(DOCUMENTATION)
    return target if target.startswith(f"{PICTURES}/") else INCLUDED.get(target)
