"""Passkeys over HTTP, as second factor and alone, with the attacks on them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from test_support.authorization.authenticator_app import begin_login
from test_support.authorization.people import PASSWORD, Person, register
from test_support.authorization.software_passkey import FLAG, SoftwarePasskey
from test_support.problems import read_problem
from test_support.processes import Service, Tarantool


@pytest.fixture
def device(authorization_service: Service) -> SoftwarePasskey:
    return SoftwarePasskey(f"http://localhost:{authorization_service.port}", counter=1)


def begin(person: Person, **confirmation: str) -> dict[str, Any]:
    begun: dict[str, Any] = (
        person("POST", "/me/factors/passkeys", {"password": PASSWORD} | confirmation).raise_for_status().json()
    )
    return begun


def complete(person: Person, begun: dict[str, Any], response: dict[str, Any]) -> httpx.Response:
    return person("POST", "/me/factors/passkeys/confirm", {"challenge": begun["challenge"], "passkey": response})


def enrol(person: Person, device: SoftwarePasskey) -> dict[str, Any]:
    begun = begin(person)
    made: dict[str, Any] = complete(person, begun, device.register(begun["options"])).raise_for_status().json()
    return made


def log_in(person: Person, device: SoftwarePasskey, **changes: Any) -> httpx.Response:
    """Log in by passkey alone."""
    begun = person.send("POST", "/login/passkey/begin").raise_for_status().json()
    return send_login(person, begun, device.sign(begun["options"], **changes))


def send_login(person: Person, begun: dict[str, Any], response: dict[str, Any]) -> httpx.Response:
    return person.send("POST", "/login/passkey", json={"challenge": begun["challenge"], "passkey": response})


def read_claims(answer: httpx.Response) -> dict[str, Any]:
    token = answer.raise_for_status().json()["access_token"]
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_passkey_is_a_second_factor(anna: Person, device: SoftwarePasskey) -> None:
    made = enrol(anna, device)
    assert (made["kind"], made["name"], len(made["recovery_codes"])) == ("passkey", "Passkey", 10)
    first_step = begin_login(anna)
    assert first_step["factors"] == ["passkey", "recovery_code"]
    device.flags = FLAG.UP  # a touch is enough beside the password
    body = {"mfa_token": first_step["mfa_token"], "passkey": device.sign(first_step["passkey_options"])}
    claims = read_claims(anna.send("POST", "/login/second-factor", json=body))
    assert (claims["acr"], claims["amr"]) == ("phr", ["pwd", "swk", "mfa"])
    read_problem(anna.send("POST", "/login/second-factor", json=body), 401, "invalid-mfa-token")


def test_passkey_alone_logs_in(anna: Person, device: SoftwarePasskey) -> None:
    enrol(anna, device)
    answer = log_in(anna, device)
    claims = read_claims(answer)
    assert (claims["acr"], claims["amr"], answer.headers["cache-control"]) == ("phr", ["swk", "mfa"], "no-store")
    anna.token = answer.json()["access_token"]
    assert anna("GET", "/me").json()["username"] == anna.username


def test_passkey_that_does_not_verify_its_user_is_not_enough_alone(anna: Person, device: SoftwarePasskey) -> None:
    enrol(anna, device)
    device.flags = FLAG.UP
    read_problem(log_in(anna, device), 401, "wrong-passkey")


def test_challenge_is_good_for_one_login(anna: Person, device: SoftwarePasskey) -> None:
    enrol(anna, device)
    begun = anna.send("POST", "/login/passkey/begin").json()
    response = device.sign(begun["options"])
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: send_login(anna, begun, response).status_code, range(4)))
    assert sorted(answers) == [200, 401, 401, 401]
    # Nor is a challenge of another login, of an enrolment, or of nobody.
    other = anna.send("POST", "/login/passkey/begin").json()
    read_problem(send_login(anna, other, response), 401, "wrong-passkey")
    read_problem(send_login(anna, {"challenge": "x" * 43}, response), 401, "wrong-passkey")
    mfa = begin_login(anna)
    read_problem(send_login(anna, mfa["passkey_options"], device.sign(mfa["passkey_options"])), 401, "wrong-passkey")


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost", "http://127.0.0.1:8080"])
def test_signature_for_another_site_is_refused(anna: Person, device: SoftwarePasskey, origin: str) -> None:
    begun = begin(anna)
    read_problem(complete(anna, begun, device.register(begun["options"], origin=origin)), 401, "wrong-passkey")
    enrol(anna, device)
    read_problem(log_in(anna, device, origin=origin), 401, "wrong-passkey")
    device.rp_id = "evil.example"
    read_problem(log_in(anna, device), 401, "wrong-passkey")


def test_copy_of_a_passkey_is_refused_by_its_counter(anna: Person, device: SoftwarePasskey, administrator: Person) -> None:
    enrol(anna, device)
    for _ in range(2):
        assert log_in(anna, device).is_success
    device.counter = 1  # as it was copied
    read_problem(log_in(anna, device), 401, "wrong-passkey")
    events = administrator("GET", f"/events?user={anna.username}&type=FactorRepeated").json()["events"]
    assert [event["kind"] for event in events] == ["passkey"]


def test_passkey_belongs_to_one_user(anna: Person, device: SoftwarePasskey, authorization_service: Service) -> None:
    enrol(anna, device)
    bella = register(authorization_service)
    begun = begin(bella)
    read_problem(complete(bella, begun, device.register(begun["options"])), 409, "passkey-taken")
    begun = begin(bella)
    read_problem(complete(anna, begun, SoftwarePasskey(device.origin).register(begun["options"])), 404, "no-such-enrolment")
    # Her own password and a passkey of somebody else are not two factors.
    other = SoftwarePasskey(device.origin, counter=1)
    enrol(bella, other)
    first_step = begin_login(bella)
    device.user_handle = other.user_handle
    body = {"mfa_token": first_step["mfa_token"], "passkey": device.sign(first_step["passkey_options"])}
    read_problem(bella.send("POST", "/login/second-factor", json=body), 401, "wrong-code")


def test_enrolment_needs_password_and_code(anna: Person, device: SoftwarePasskey) -> None:
    read_problem(anna("POST", "/me/factors/passkeys", {"password": "Wrong-horse-9"}), 403, "wrong-password")
    codes = enrol(anna, device)["recovery_codes"]
    read_problem(anna("POST", "/me/factors/passkeys", {"password": PASSWORD}), 403, "code-required")
    begun = begin(anna, code=codes[0])
    assert [each["id"] for each in begun["options"]["excludeCredentials"]]
    answer = complete(anna, begun, {})
    read_problem(answer, 401, "wrong-passkey")
    read_problem(complete(anna, begun, SoftwarePasskey(device.origin).register(begun["options"])), 404, "no-such-enrolment")


def test_disabled_user_does_not_log_in(anna: Person, device: SoftwarePasskey, administrator: Person) -> None:
    enrol(anna, device)
    assert administrator("PATCH", f"/users/{anna.username}", {"is_enabled": False}).is_success
    read_problem(log_in(anna, device), 401, "wrong-passkey")


def test_wrong_signatures_are_limited(anna: Person, device: SoftwarePasskey) -> None:
    enrol(anna, device)
    device.flags = FLAG.UP
    answers = [log_in(anna, device).status_code for _ in range(7)]
    assert answers == [401] * 5 + [429] * 2


def test_passkeys_need_a_domain_name(tmp_path: Path) -> None:
    with (
        Tarantool("authorization", tmp_path / "tarantool") as server,
        Service("authorization", tmp_path / "service", server) as service,
    ):
        anna = register(service.wait_until_ready())
        read_problem(anna("POST", "/me/factors/passkeys", {"password": PASSWORD}), 409, "passkeys-unavailable")
        read_problem(anna.send("POST", "/login/passkey/begin"), 409, "passkeys-unavailable")
