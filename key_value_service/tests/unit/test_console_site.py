"""The console as it is served: the page, its assets, its configuration, and what its browser may do."""

import gzip
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from key_value_service.presentation.console.site import ConsoleSite

PAGE = '<html><head><base href="/console/" /></head><body></body></html>'
SCRIPT = "console.log('Привет')"

Open = Callable[..., httpx.AsyncClient]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assets = tmp_path / "dist/-/assets"
    assets.mkdir(parents=True)
    (tmp_path / "secret").write_text("kept elsewhere")
    (tmp_path / "dist/index.html").write_text(PAGE)
    (assets / "index-1a2b.js").write_text(SCRIPT)
    (assets / "index-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (assets.parent / "icon.svg").write_text("<svg/>")
    return tmp_path / "dist"


@pytest.fixture
def browse(folder: Path) -> Open:
    def open_site(root_path: str = "") -> httpx.AsyncClient:
        site = ConsoleSite.load(str(folder), issuer="https://id.example.org/auth", version="1.2.3")
        assert site is not None
        transport = httpx.ASGITransport(Starlette(routes=site.routes), root_path=root_path)
        return httpx.AsyncClient(transport=transport, base_url="http://store", headers={"Accept-Encoding": "identity"})

    return open_site


@pytest.mark.parametrize(
    "path", ["", "default", "default/orders%2F17", "-/administer/users", "assets", "a/-/assets/index.js", "x.js"]
)
async def test_every_path_that_is_no_file_is_the_page(browse: Open, path: str) -> None:
    page = await browse().get(f"/console/{path}")
    assert (page.status_code, page.text, page.headers["content-type"]) == (200, PAGE, "text/html; charset=utf-8")
    assert page.headers["cache-control"] == "no-cache"


async def test_page_knows_where_a_proxy_publishes_it(browse: Open) -> None:
    page = await browse("/kv").get("/kv/console/default")
    assert '<base href="/kv/console/" />' in page.text
    assert (await browse("/kv").get("/kv/console")).headers["location"] == "/kv/console/"


async def test_assets_are_cached_for_good(browse: Open) -> None:
    asset = await browse().get("/console/-/assets/index-1a2b.js")
    assert (asset.status_code, asset.text) == (200, SCRIPT)
    assert asset.headers["content-type"].startswith("text/javascript")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    icon = await browse().get("/console/-/icon.svg")
    assert (icon.headers["content-type"], icon.headers["cache-control"]) == ("image/svg+xml; charset=utf-8", "no-cache")


@pytest.mark.parametrize("path", ["-/assets/index-1a2b.js", "default"])
async def test_what_is_text_is_sent_in_gzip_to_browsers_that_accept_it(browse: Open, path: str) -> None:
    plain = await browse().get(f"/console/{path}")
    compressed = await browse().get(f"/console/{path}", headers={"Accept-Encoding": "gzip, deflate, br"})
    assert compressed.headers["content-encoding"] == "gzip"
    assert compressed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert compressed.text == plain.text
    refused = await browse().get(f"/console/{path}", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers


@pytest.mark.parametrize("path", ["", "-/assets/index-1a2b.js", "-/configuration.json"])
async def test_what_has_not_changed_is_not_sent_again(browse: Open, path: str) -> None:
    first = await browse().get(f"/console/{path}")
    second = await browse().get(f"/console/{path}", headers={"If-None-Match": first.headers["etag"]})
    assert (second.status_code, second.content, second.headers["etag"]) == (304, b"", first.headers["etag"])
    other = await browse().get(f"/console/{path}", headers={"If-None-Match": 'W/"another"'})
    assert other.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "-/assets/index-old.js",
        "-/assets/index-1a2b.js.gz",
        "-/assets/",
        "-/assets/%2e%2e/%2e%2e/secret",
    ],
)
async def test_assets_that_the_build_has_not_made_are_missing(browse: Open, path: str) -> None:
    response = await browse().get(f"/console/{path}")
    assert response.status_code == 404
    assert "kept elsewhere" not in response.text


async def test_no_path_leads_out_of_the_folder(browse: Open) -> None:
    for path in ("%2e%2e/secret", "-/%2e%2e/%2e%2e/secret", "-/..%2f..%2fsecret", "default/..%2f..%2fsecret"):
        assert (await browse().get(f"/console/{path}")).text == PAGE


async def test_configuration_says_where_to_sign_in(browse: Open) -> None:
    assert (await browse().get("/console/-/configuration.json")).json() == {
        "issuer": "https://id.example.org/auth",
        "authorization": "https://id.example.org/auth",
        "client_id": "console",
        "version": "1.2.3",
    }


@pytest.mark.parametrize("path", ["", "-/assets/index-1a2b.js", "-/configuration.json"])
async def test_policy_lets_nothing_run_but_the_console_and_nothing_be_reached_but_the_services(browse: Open, path: str) -> None:
    headers = (await browse().get(f"/console/{path}")).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self' https://id.example.org"
    assert policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("directory", ["", "absent", "."])
def test_without_a_built_console_there_is_none(directory: str, tmp_path: Path) -> None:
    path = str(tmp_path / directory) if directory else ""
    assert ConsoleSite.load(path, issuer="https://id.example.org", version="1.2.3") is None
