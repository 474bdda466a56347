"""The documentation site: built with strict links, the same twice, and searched in Chromium where there is no network."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from authorization_service.presentation.api.problems import PROBLEMS as AUTHORIZATION_PROBLEMS
from key_value_cli.app import COMMANDS
from key_value_service.presentation.api.problems import PROBLEMS as KEY_VALUE_PROBLEMS
from test_support.browser import Browser
from test_support.processes import ROOT

EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
ELSEWHERE = re.compile(
    r"""<(?:script|img|iframe|link[^>]*rel="?(?:stylesheet|icon|preload)"?)[^>]*(?:src|href)="?(?:https?:)?//"""
)


def build(folder: Path, **environment: str) -> Path:
    """Build the site as `make docs` does."""
    command = [str(Path(sys.executable).parent / "mkdocs"), "build", "--quiet", "--strict", "--site-dir", str(folder)]
    kept = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False)
    assert (built.returncode, built.stdout + built.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site."""
    return build(tmp_path_factory.mktemp("documentation") / "site")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Browser]:
    """A browser that finds nothing but this machine."""
    program = shutil.which("chromium")
    assert program, "chromium is not installed: run `make test`, which installs it"
    with Browser(program, tmp_path / "reader", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1") as reader:
        yield reader


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it so
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder; yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def find_ids(site: Path, page: str) -> set[str]:
    """Return the ids of a page's headings."""
    return set(re.findall(r'<h[1-6] id="?([^" >]+)', (site / page / "index.html").read_text(encoding="utf-8")))


def test_second_build_is_the_same_to_the_byte(site: Path, tmp_path: Path) -> None:
    again = build(tmp_path / "again", TZ="Pacific/Auckland", KEY_VALUE_PORT="1234")
    files = sorted(path.relative_to(site) for path in site.rglob("*") if path.is_file())
    assert len(files) > 100
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert [path for path in files if (site / path).read_bytes() != (again / path).read_bytes()] == []


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 60
    assert [page for page in pages if ELSEWHERE.search(page.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(("home", "words"), [("/", "synchronous replication"), ("/ru/", "набор реплик")])
def test_search_finds_a_page_without_a_network(site: Path, reader: Browser, home: str, words: str) -> None:
    with served(site) as address:
        reader.open(f"{address}{home}")
        reader.read("h1")
        reader.click("label[for=__search]")
        reader.type(".md-search__input", words)
        reader.read(".md-search-result__item mark")
        reader.click(".md-search-result__link")
        reader.read(".md-content mark, .md-content h1")
        loaded = reader.run("return performance.getEntriesByType('resource').map(each => each.name)")
        assert loaded
        assert [name for name in loaded if not name.startswith(address)] == []


def test_each_setting_of_the_services_is_in_the_reference(site: Path) -> None:
    page = (site / "reference/settings/index.html").read_text(encoding="utf-8")
    names = re.findall(r"^((?:AUTHORIZATION|KEY_VALUE)_[A-Z_]+)=", EXAMPLE, re.MULTILINE)
    assert len(names) > 50
    assert [name for name in names if f"<code>{name}</code>" not in page] == []


def test_each_problem_type_is_a_heading_of_the_reference(site: Path) -> None:
    names = {kind.name for problems in (AUTHORIZATION_PROBLEMS, KEY_VALUE_PROBLEMS) for kind in problems.values()}
    assert names - find_ids(site, "reference/problems") == set()


def test_each_goal_of_the_published_benchmark_is_shown_with_its_verdict(site: Path) -> None:
    page = (site / "performance/index.html").read_text(encoding="utf-8")
    published = (ROOT / "benchmarks/README.md").read_text(encoding="utf-8").partition("<!-- end of the table -->")[0]
    verdicts = re.findall(r"\| (reached|MISSED) \|", published)
    assert verdicts
    assert len(re.findall("<td>(?:reached|MISSED)</td>", page)) == len(verdicts)


def test_each_command_of_kv_is_in_the_reference(site: Path) -> None:
    headings = " ".join(find_ids(site, "reference/kv"))
    assert [name for name in COMMANDS if f"kv-{name}" not in headings] == []


def test_operations_metrics_and_other_commands_are_in_the_reference(site: Path) -> None:
    for page, expected in {
        "reference/http_authorization": "post-login",
        "reference/http_key_value": "get-namespacesnamespacepair",
        "reference/authorization_service": "authorization-service-users-list",
        "reference/backup": "backup-follow",
    }.items():
        assert expected in find_ids(site, page)
    metrics = (site / "reference/metrics/index.html").read_text(encoding="utf-8")
    for name in ("http_request_duration_seconds", "authorization_events_total", "key_value_namespace_pairs"):
        assert f"<code>{name}</code>" in metrics
