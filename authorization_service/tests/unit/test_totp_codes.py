"""One-time passwords of authenticator apps."""

from datetime import UTC, datetime, timedelta

import pytest

from authorization_service.domain.value_objects.totp_secret import TotpSecret
from authorization_service.infrastructure.security.totp_codes import PyotpTotpVerifier
from test_support.authorization.authenticator_app import AuthenticatorApp

SECRET = TotpSecret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")  # RFC 6238, appendix B: "12345678901234567890"
VERIFIER = PyotpTotpVerifier()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [  # The last six of the eight digits there.
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_of_the_specification_are_right(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert VERIFIER.find_step(SECRET, code, now) == seconds // 30
    assert VERIFIER.find_step(SECRET, f" {code[:3]} {code[3:]}", now) == seconds // 30


def test_code_of_the_step_before_and_of_the_next_one_is_right_and_no_other() -> None:
    app, now = AuthenticatorApp(SECRET.make_uri("id.example.org", "anna")), datetime(2026, 1, 2, tzinfo=UTC)
    step = int(now.timestamp()) // 30
    found = [VERIFIER.find_step(SECRET, app.compute(step + offset), now) for offset in range(-3, 4)]
    assert found == [None, None, step - 1, step, step + 1, None, None]
    assert VERIFIER.find_step(SECRET, app.compute(step), now + timedelta(seconds=59)) == step
    assert VERIFIER.find_step(SECRET, app.compute(step), now + timedelta(seconds=60)) is None


@pytest.mark.parametrize("code", ["", "28708", "2870822", "28708a", "٢٨٧٠٨٢", "-87082", "1" * 100_000])
def test_what_is_not_six_digits_is_no_code(code: str) -> None:
    assert VERIFIER.find_step(SECRET, code, datetime.fromtimestamp(59, UTC)) is None


def test_secret_is_shown_to_the_app_alone() -> None:
    secret = TotpSecret.new()
    assert secret != TotpSecret.new()
    assert secret.value not in repr(secret)
    assert len(secret.value) == 32
    uri = secret.make_uri("id.example.org", "anna@example.org")
    assert uri == f"otpauth://totp/id.example.org:anna%40example.org?secret={secret.value}&issuer=id.example.org"
