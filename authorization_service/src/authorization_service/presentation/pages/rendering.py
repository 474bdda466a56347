"""Pages: templates filled in, with the header fields that keep other sites out of them."""

from functools import cache, partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from authorization_service.domain.value_objects.random_secret import RandomSecret
from authorization_service.presentation.pages.browser import Browser
from authorization_service.presentation.pages.messages import CATALOGS, DEFAULT_LANGUAGE
from shared_kernel.presentation.http.server.response import NO_STORE, Headers, Response

HTML = b"text/html; charset=utf-8"

# No page runs scripts, is framed (RFC 9700, section 4.16), or tells other sites where its reader comes from (section 4.2).
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'{images}; form-action 'self'{targets}; base-uri 'none';"
    " frame-ancestors 'none'"
)
_SCRIPT_POLICY = "; script-src 'self'; connect-src 'self'"
SECURITY_FIELDS: Headers = (
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    *NO_STORE,
)


@cache
def _templates() -> Environment:
    loader = PackageLoader("authorization_service.presentation.pages")
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # or each page looks for changes of its files
    )


def translate(language: str, key: str, /, **values: object) -> str:
    """Return the text of this key."""
    return CATALOGS[language][key].format(**values)


def render(
    template: str,
    browser: Browser,
    *,
    status: int = HTTPStatus.OK,
    form_target: str = "",
    image_origin: str = "",
    has_script: bool = False,
    **values: Any,
) -> Response:
    """Return a page for this browser. `form_target`: the origin that its forms lead to, beside the service."""
    text = _templates().get_template(template).render(
        t=partial(translate, browser.language), language=browser.language, path=browser.path, csrf_token=browser.csrf_token,
        **values,
    )  # fmt: skip
    policy = _POLICY.format(images=image_origin and f" {image_origin}", targets=form_target and f" {form_target}")
    headers = (
        (b"content-security-policy", (policy + (_SCRIPT_POLICY if has_script else "")).encode()),
        (b"content-language", browser.language.encode()),
        *SECURITY_FIELDS,
        *((browser.set_cookie(browser.secret),) if browser.is_new else ()),
    )
    return Response(text.encode(), status, HTML, headers)


def render_error(reason: str, status: int, language: str, path: str, *, request_id: str = "") -> Response:
    """Return the page that says why a request was refused: `reason` is the end of a key `error_…`."""
    language = language or DEFAULT_LANGUAGE
    text = _templates().get_template("error.html").render(
        t=partial(translate, language), language=language, path=path, reason=reason, request_id=request_id,
    )  # fmt: skip
    policy = _POLICY.format(images="", targets="")
    return Response(text.encode(), status, HTML, ((b"content-security-policy", policy.encode()), *SECURITY_FIELDS))


def add_to_query(uri: str, **parameters: str | None) -> str:
    """Return the address with these parameters, beside those that it has (RFC 6749, section 3.1.2); None leaves one out."""
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    separator = "&" if urlsplit(uri).query else "?"
    return f"{uri}{separator}{query}" if query else uri


def redirect(location: str, browser: Browser, new_secret: RandomSecret | None = None) -> Response:
    """Return the response that sends the browser on with GET, with a new secret if there is one (RFC 9700, section 4.12)."""
    cookie = () if new_secret is None else (browser.set_cookie(new_secret),)
    return Response(b"", HTTPStatus.SEE_OTHER, HTML, ((b"location", location.encode()), *SECURITY_FIELDS, *cookie))
