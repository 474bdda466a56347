"""Verification of passkeys, and the attacks on them (Web Authentication, sections 7.1, 7.2 and 13)."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from authorization_service.domain.entities.factor import Factor, FactorKind
from authorization_service.domain.value_objects.factor_name import FactorName
from authorization_service.domain.value_objects.one_time_token import OneTimeToken
from authorization_service.infrastructure.security.fido2_passkeys import Fido2PasskeyVerifier
from test_support.authorization.fakes import NOON, make_user
from test_support.authorization.software_passkey import FLAG, SoftwarePasskey

ORIGIN, HOST = "https://id.example.org", "id.example.org"
VERIFIER = Fido2PasskeyVerifier(ORIGIN)
ANNA = make_user("anna", last_name=None)
CHALLENGE = OneTimeToken.new().text


def enrol(device: SoftwarePasskey) -> Factor:
    options = orjson.loads(orjson.dumps(VERIFIER.describe_registration(ANNA, [], CHALLENGE)))
    made = VERIFIER.verify_registration(CHALLENGE, device.register(options))
    assert made is not None
    return Factor(
        uuid4(), ANNA.id, FactorKind.PASSKEY, FactorName("Key"), NOON, made.public_key, made.counter, made.credential_id
    )


@pytest.fixture
def device() -> SoftwarePasskey:
    return SoftwarePasskey(ORIGIN, HOST, counter=5)


@pytest.fixture
def passkey(device: SoftwarePasskey) -> Factor:
    return enrol(device)


def describe(kept: list[Factor]) -> dict[str, Any]:
    options: dict[str, Any] = orjson.loads(orjson.dumps(VERIFIER.describe_assertion(kept, CHALLENGE)))
    return options


def test_options_are_for_browsers(passkey: Factor) -> None:
    options = orjson.loads(orjson.dumps(VERIFIER.describe_registration(ANNA, [passkey], CHALLENGE)))
    assert options["rp"] == {"id": HOST, "name": HOST}
    assert (options["user"]["name"], options["user"]["displayName"]) == ("anna", "Anna")
    assert (options["challenge"], options["attestation"]) == (CHALLENGE, "none")
    assert [each["alg"] for each in options["pubKeyCredParams"]] == [-7, -8, -257]
    assert [each["id"] for each in options["excludeCredentials"]] == [passkey.credential_id]
    assert describe([passkey])["allowCredentials"] == options["excludeCredentials"]
    anybody = describe([])
    assert anybody["userVerification"] == "required"
    assert "allowCredentials" not in anybody


def test_right_signature_is_accepted(device: SoftwarePasskey, passkey: Factor) -> None:
    assert passkey.counter == 5
    response = device.sign(describe([passkey]))
    assert VERIFIER.read_credential_id(response) == passkey.credential_id
    assert VERIFIER.verify_assertion(CHALLENGE, passkey, response) == (6, True)
    device.flags = FLAG.UP
    assert VERIFIER.verify_assertion(CHALLENGE, passkey, device.sign(describe([passkey]))) == (7, False)


ATTACKS: dict[str, dict[str, Any]] = {
    "another challenge": {"challenge": OneTimeToken.new().text},
    "another site": {"origin": "https://id.example.org.evil.example"},
    "a subdomain": {"origin": "https://www.id.example.org"},
    "another port": {"origin": "https://id.example.org:8443"},
    "no TLS": {"origin": "http://id.example.org"},
    "no origin": {"origin": ""},
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_response_to_another_challenge_or_origin_is_refused(device: SoftwarePasskey, passkey: Factor, attack: str) -> None:
    changes = ATTACKS[attack]
    assert VERIFIER.verify_assertion(CHALLENGE, passkey, device.sign(describe([passkey]), **changes)) is None
    registration = SoftwarePasskey(ORIGIN, HOST).register(dict(VERIFIER.describe_registration(ANNA, [], CHALLENGE)), **changes)
    assert VERIFIER.verify_registration(CHALLENGE, registration) is None


def test_type_of_a_response_is_not_exchanged(device: SoftwarePasskey, passkey: Factor) -> None:
    signed = device.sign(describe([passkey]), type="webauthn.create")
    assert VERIFIER.verify_assertion(CHALLENGE, passkey, signed) is None
    registration = device.register(dict(VERIFIER.describe_registration(ANNA, [], CHALLENGE)), type="webauthn.get")
    assert VERIFIER.verify_registration(CHALLENGE, registration) is None
    assert VERIFIER.verify_assertion(CHALLENGE, passkey, registration) is None


def test_another_party_key_or_user_is_refused(device: SoftwarePasskey, passkey: Factor) -> None:
    for other in (
        replace(device, rp_id="evil.example"),
        replace(device, key=ec.generate_private_key(ec.SECP256R1())),
        replace(device, credential_id=b"another"),
        replace(device, user_handle=uuid4().bytes),
        replace(device, flags=FLAG.UV),  # nobody was present
    ):
        assert VERIFIER.verify_assertion(CHALLENGE, passkey, other.sign(describe([passkey]))) is None


def test_tampered_response_is_refused(device: SoftwarePasskey, passkey: Factor) -> None:
    first, second = device.sign(describe([passkey])), device.sign(describe([passkey]))
    for member in ("signature", "authenticatorData"):
        mixed = first | {"response": first["response"] | {member: second["response"][member]}}
        assert VERIFIER.verify_assertion(CHALLENGE, passkey, mixed) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda each: st.lists(each) | st.dictionaries(st.text(), each)
)
MEMBERS = st.sampled_from(["id", "rawId", "type", "response", "clientExtensionResults", "another"])


@given(st.dictionaries(MEMBERS, JSON))
def test_garbage_is_refused_and_no_error(garbage: dict[str, Any]) -> None:
    factor = enrol(SoftwarePasskey(ORIGIN, HOST))
    assert VERIFIER.verify_assertion(CHALLENGE, factor, garbage) is None
    assert VERIFIER.verify_registration(CHALLENGE, garbage) is None
    assert VERIFIER.read_credential_id(garbage) is None


@given(st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]), JSON | st.text("AQgwz_-", min_size=1))
def test_damaged_response_is_refused_and_no_error(member: str, other: Any) -> None:
    device = SoftwarePasskey(ORIGIN, HOST)
    factor = enrol(device)
    response = device.sign(describe([factor]))
    damaged = response | {"response": response["response"] | {member: other}}
    assert VERIFIER.verify_assertion(CHALLENGE, factor, damaged) is None


@given(st.sampled_from(["clientDataJSON", "attestationObject"]), JSON | st.text("AQgwz_-", min_size=1))
def test_damaged_registration_is_refused_and_no_error(member: str, other: Any) -> None:
    response = SoftwarePasskey(ORIGIN, HOST).register(dict(VERIFIER.describe_registration(ANNA, [], CHALLENGE)))
    damaged = response | {"response": response["response"] | {member: other}}
    assert VERIFIER.verify_registration(CHALLENGE, damaged) is None


@pytest.mark.parametrize(
    ("origin", "is_available"),
    [
        ("https://id.example.org", True),
        ("https://id.example.org/path", True),
        ("http://localhost:8080", True),
        ("http://id.example.org", False),
        ("http://127.0.0.1:8080", False),
        ("https://192.0.2.1", False),
        ("https://[2001:db8::1]", False),
        ("", False),
    ],
)
def test_browsers_allow_passkeys_at_some_addresses(origin: str, is_available: bool) -> None:
    assert Fido2PasskeyVerifier(origin).is_available is is_available
