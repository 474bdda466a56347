"""The cookie of browsers, where the issuer is https."""

import pytest

from authorization_service.domain.value_objects.random_secret import RandomSecret
from authorization_service.presentation.pages.browser import Browser, ForgedRequestError
from shared_kernel.presentation.http.routing.forwarded import PublicUrl
from test_support.requirements import implements

URL = PublicUrl("https://id.example", "")
OWN, PLANTED = RandomSecret.new(), RandomSecret.new()


def read(cookie: str, site: str = "") -> Browser:
    headers = {b"cookie": cookie.encode(), b"sec-fetch-site": site.encode()}
    return Browser.read(headers, URL, "https://id.example")


@implements("RFC 6265bis, 4.1.3")
def test_cookie_of_another_host_is_not_read() -> None:
    # A neighbouring domain, or the same host by http, can set `session`, but none whose name begins with `__Host-`.
    for cookie in (
        f"session={PLANTED.text}; __Host-session={OWN.text}",
        f"__Host-session={OWN.text}; session={PLANTED.text}",
        f"__Secure-session={PLANTED.text}; __Host-session={OWN.text}",
    ):
        assert read(cookie).secret == OWN
    for cookie in (f"session={PLANTED.text}", f"__host-session={PLANTED.text}", f"__Host-session={PLANTED.text[:-1]}", ""):
        assert read(cookie).is_new
        assert read(cookie).known_secret is None


@implements("RFC 6265bis, 4.1.3")
def test_cookie_is_for_this_host_and_tls_alone() -> None:
    name, field = read("").set_cookie(OWN)
    attributes = field.decode().split("; ")
    assert name == b"set-cookie"
    assert attributes[0] == f"__Host-session={OWN.text}"
    assert set(attributes[1:]) == {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"}  # and no Domain


@implements("RFC 9700, 4.7")
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_form_with_a_token_of_the_planted_cookie_is_refused(site: str) -> None:
    planted = read(f"__Host-session={PLANTED.text}").csrf_token
    with pytest.raises(ForgedRequestError):
        read(f"__Host-session={OWN.text}").refuse_forged(planted)
    own = read(f"__Host-session={OWN.text}", site)
    with pytest.raises(ForgedRequestError):
        own.refuse_forged(own.csrf_token)
    read(f"__Host-session={OWN.text}", "same-origin").refuse_forged(own.csrf_token)
