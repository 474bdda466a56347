"""python -m documentation.translations [--mark PAGE …]: list the translations that are behind, or say that these are not."""

import difflib
import hashlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from posixpath import normpath

ROOT = Path(__file__).parents[2]
TRANSLATED = (
    "README.md",
    "documentation/backups.md",
    "documentation/coming_from.md",
    "documentation/console.md",
    "documentation/how_to_run.md",
    "documentation/index.md",
    "documentation/kubernetes.md",
    "documentation/monitoring.md",
    "documentation/replica_set.md",
    "documentation/operations.md",
    "documentation/runbooks.md",
    "documentation/sign_in.md",
    "documentation/command_line.md",
    "documentation/proxies.md",
    "documentation/tls.md",
    "documentation/kv.md",
    "documentation/client.md",
    "documentation/start.md",
    "documentation/systemd.md",
    *sorted(
        path.relative_to(ROOT).as_posix() for path in (ROOT / "documentation/tutorials").glob("*.md") if not path.match("*.ru.md")
    ),
)
"""Pages that have a translation, which may not be behind."""

_MARK = re.compile(r"<!-- translation of (\S+), sha256 ([0-9a-f]{12}) -->\n")
_GENERATED = re.compile(rb"<!-- make [^>]+ writes .*?<!-- end of the table -->\n*", re.DOTALL)
_BLOCK = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"(?:^|(?<=\s))# .*$", re.MULTILINE)
_PUNCTUATION = re.compile(r"[^\w\- ]")
_HEADING = re.compile(r"^ {0,3}#{1,6} +(.+?)(?: +#+)? *$", re.MULTILINE)
_ANCHOR = re.compile(r"\]\(([^()\s#]+\.md)#([^()\s]+)\)")
_LINK = re.compile(r"\]\(([^()\s]+)\)|<(https?://[^>]+)>")


def find_translation(page: str) -> Path:
    """Return the file with the translation of a page."""
    return ROOT / page.replace(".md", ".ru.md")


def make_mark(page: str) -> str:
    """Return the line that a translation of the page, as it is now, begins with."""
    return f"<!-- translation of {Path(page).name}, sha256 {make_digest((ROOT / page).read_bytes())} -->\n"


def read_original(page: str) -> str:
    """Return the text of a page that is translated: without tables that a command writes into it."""
    return _GENERATED.sub(b"", (ROOT / page).read_bytes()).decode()


def make_digest(page: bytes) -> str:
    """Return what tells versions of a page apart, whatever a command writes into it: 12 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(_GENERATED.sub(b"", page)).hexdigest()[:12]


def is_behind(page: str) -> bool:
    """Return whether the page has changed since its translation was marked, or has none."""
    translation = find_translation(page)
    return not translation.exists() or not translation.read_text(encoding="utf-8").startswith(make_mark(page))


def describe_structure(text: str) -> dict[str, list[str]]:
    """Return what a page and its translation have in common: levels of headings, blocks without comments, targets of links."""
    prose = _BLOCK.sub("", text)
    return {
        "headings": re.findall(r"^#+(?= )", prose, re.MULTILINE),
        "blocks": [re.sub(r" +$", "", _COMMENT.sub("", block), flags=re.MULTILINE) for block in _BLOCK.findall(text)],
        "not run": re.findall(r"<!-- (?!translation of ).*? -->", prose),
        # Within a page, they lead to headings of its own language.
        "links": sorted(
            re.sub("^#.*", "#", (link or address).replace(".ru.md", ".md")) for link, address in _LINK.findall(prose)
        ),
    }


def _find_target(link: str) -> str:
    """Return what is the same in all languages; within a page, links lead to headings of its own."""
    return "#" if link.startswith("#") else link.replace(".ru.md", ".md")


def adapt_translation(text: str, page: str) -> str:
    """Return a translated page without its mark, and with links that lead to the headings of other translated pages.

    Behind the mark, its heading would not be taken for its title. Links name the headings of the English pages, as is right on
    a forge.
    """

    def replace(link: re.Match[str]) -> str:
        target = normpath(str(Path(page).parent / link[1]))
        if target not in TRANSLATED:
            return link[0]
        anchors = list_anchors(read_original(target))
        translated = list_anchors(find_translation(target).read_text(encoding="utf-8"))
        return f"]({link[1]}#{translated[anchors.index(link[2])]})" if link[2] in anchors else link[0]

    return _ANCHOR.sub(replace, _MARK.sub("", text, count=1).lstrip())


def list_anchors(text: str) -> list[str]:
    """Return the ids of the headings of a page, as forges give them: equal ones are numbered from the second one on."""
    seen: Counter[str] = Counter()
    anchors = []
    for heading in _HEADING.findall(_BLOCK.sub("", text)):
        slug = slugify(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading))
        anchors.append(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return anchors


def slugify(heading: str, separator: str = "") -> str:  # noqa: ARG001 - Python-Markdown passes it
    """Return a heading's id."""
    return _PUNCTUATION.sub("", heading.strip().lower()).replace(" ", "-")


def find_changed_headings(page: str) -> list[str]:
    """Return the headings under which a page has changed since it was translated; none where git does not know that version."""
    mark = _MARK.match(find_translation(page).read_text(encoding="utf-8"))
    old = mark and next((text for text in _find_versions(page) if make_digest(text) == mark[2]), None)
    if not old:
        return []
    old_lines, new_lines = old.decode().splitlines(), (ROOT / page).read_text(encoding="utf-8").splitlines()
    changed = [
        _find_heading(new_lines, start)
        for tag, _, _, start, _ in difflib.SequenceMatcher(None, old_lines, new_lines, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
    return list(dict.fromkeys(changed))


def _find_versions(page: str) -> Iterator[bytes]:
    for commit in _git("log", "--format=%H", "--", page).decode().split():
        yield _git("show", f"{commit}:{page}")


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False).stdout


def _find_heading(lines: list[str], number: int) -> str:
    return next((line for line in reversed(lines[: number + 1]) if re.match("#+ ", line)), "")


def mark(page: str) -> None:
    """Say in a translation that it is one of the page as it is now."""
    file = find_translation(page)
    file.write_text(make_mark(page) + _MARK.sub("", file.read_text(encoding="utf-8"), count=1), encoding="utf-8")


def main() -> int:
    """List the translations that are behind, or mark those of the pages that are named. Return 1 where one is behind."""
    if sys.argv[1:2] == ["--mark"]:
        for page in sys.argv[2:]:
            mark(page)
        return 0
    behind = [page for page in TRANSLATED if is_behind(page)]
    for page in behind:
        print(page, *(find_changed_headings(page) if find_translation(page).exists() else ["no translation"]), sep="\n    ")
    return 1 if behind else 0


if __name__ == "__main__":
    sys.exit(main())
