"""Second factors over HTTP: enrolment, login, removal, and the attacks on them."""

import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import tarantool

from authorization_service.domain.value_objects.totp_secret import TotpSecret
from authorization_service.infrastructure.security.factor_key import FernetSealer
from test_support.authorization.authenticator_app import AuthenticatorApp, begin_login, enrol
from test_support.authorization.people import PASSWORD, Person, register
from test_support.problems import read_broken_rules, read_problem
from test_support.processes import Service, Tarantool

FREE = 5


@pytest.fixture
def bella(authorization_service: Service) -> Person:
    return register(authorization_service)


def take_second_step(person: Person, mfa_token: str, code: str) -> httpx.Response:
    return person.send("POST", "/login/second-factor", json={"mfa_token": mfa_token, "code": code})


def log_in(person: Person, code: str) -> dict[str, Any]:
    """Log in with both steps, and use the new token from now on."""
    tokens: dict[str, Any] = take_second_step(person, begin_login(person)["mfa_token"], code).raise_for_status().json()
    person.token = tokens["access_token"]
    return tokens


def read_claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_login_of_a_user_without_a_second_factor_says_so(anna: Person) -> None:
    claims = read_claims(anna.token)
    assert (claims["acr"], claims["amr"]) == ("1", ["pwd"])
    assert claims["auth_time"] <= claims["iat"] + 1
    assert anna("GET", "/me/factors").json() == {"factors": [], "recovery_codes_left": 0}


def test_login_with_a_code_of_an_app(anna: Person) -> None:
    app, enrolled = enrol(anna)
    assert (enrolled["kind"], enrolled["name"], len(set(enrolled["recovery_codes"]))) == ("totp", "Authenticator app", 10)
    first_step = read_problem(
        anna.send("POST", "/login", json={"username": anna.username, "password": anna.password}), 401, "second-factor-required"
    )
    assert first_step["factors"] == ["totp", "recovery_code"]
    assert first_step["expires_in"] == 300
    answer = take_second_step(anna, first_step["mfa_token"], app.code())
    assert answer.raise_for_status().headers["cache-control"] == "no-store"
    claims = read_claims(answer.json()["access_token"])
    assert (claims["acr"], claims["amr"]) == ("2", ["pwd", "otp", "mfa"])
    refreshed = anna("POST", "/refresh", {"refresh_token": answer.json()["refresh_token"]}).raise_for_status().json()
    later = read_claims(refreshed["access_token"])
    assert [later[name] for name in ("acr", "amr", "auth_time")] == [claims[name] for name in ("acr", "amr", "auth_time")]
    assert anna("GET", "/me/factors").json()["factors"][0]["last_used_at"] is not None


def test_enrolment_proves_its_session_and_ends_the_others(anna: Person) -> None:
    tokens, elsewhere = anna.log_in(), anna.log_in_elsewhere()
    enrol(anna)
    read_problem(elsewhere("GET", "/me"), 401, "invalid-token")
    refreshed = anna("POST", "/refresh", {"refresh_token": tokens["refresh_token"]}).raise_for_status().json()
    assert read_claims(refreshed["access_token"])["acr"] == "2"


def test_code_is_accepted_once(anna: Person) -> None:
    app, _ = enrol(anna)
    read_problem(take_second_step(anna, begin_login(anna)["mfa_token"], app.last_code), 401, "wrong-code")
    log_in(anna, app.code())
    read_problem(take_second_step(anna, begin_login(anna)["mfa_token"], app.last_code), 401, "wrong-code")


def test_of_many_logins_with_one_code_one_succeeds(anna: Person, administrator: Person) -> None:
    app, _ = enrol(anna)
    code, tokens = app.code(), [begin_login(anna)["mfa_token"] for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda token: take_second_step(anna, token, code), tokens))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    types = [event["type"] for event in administrator("GET", f"/events?user={anna.username}").json()["events"]]
    assert types.count("FactorRepeated") == 3


def test_token_of_the_first_step_is_for_one_login(anna: Person) -> None:
    _, enrolled = enrol(anna)
    first, second, third, *_ = enrolled["recovery_codes"]
    token = begin_login(anna)["mfa_token"]
    assert take_second_step(anna, token, first).is_success
    read_problem(take_second_step(anna, token, second), 401, "invalid-mfa-token")
    log_in(anna, second)  # refused without looking at it
    token = begin_login(anna)["mfa_token"]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda code: take_second_step(anna, token, code), [third, enrolled["recovery_codes"][3]]))
    assert sorted(answer.status_code for answer in answers) == [200, 401]


@pytest.mark.parametrize("token", ["", "x" * 43, "я" * 43, "x" * 100_000, "eyJhbGciOiJub25lIn0.e30."])
def test_first_step_cannot_be_made_up(anna: Person, token: str) -> None:
    read_problem(take_second_step(anna, token, "000000"), 401, "invalid-mfa-token")


def test_first_step_cannot_be_skipped_or_replaced(authorization_service: Service, anna: Person, bella: Person) -> None:
    app, enrolled = enrol(anna)
    for wrong in (anna.token, enrolled["id"], bella.log_in()["refresh_token"]):
        read_problem(take_second_step(anna, wrong, app.last_code), 401, "invalid-mfa-token")
    begun = anna("POST", "/me/recovery-codes", {"password": PASSWORD, "code": enrolled["recovery_codes"][0]})
    assert begun.is_success
    token = begin_login(anna)["mfa_token"]
    for path in ("/me", "/sessions"):
        read_problem(anna.send("GET", path, headers={"Authorization": f"Bearer {token}"}), 401, "invalid-token")
    form = {"grant_type": "password", "username": anna.username, "password": anna.password}
    refused = httpx.post(f"{authorization_service.url}/token", data=form, trust_env=False)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert "access_token" not in refused.text
    assert "mfa" not in refused.text


def test_right_first_step_is_void_once_the_password_or_the_user_changes(anna: Person, administrator: Person) -> None:
    _, enrolled = enrol(anna)
    codes = iter(enrolled["recovery_codes"])
    token = begin_login(anna)["mfa_token"]
    change = {"current_password": PASSWORD, "new_password": "Another-horse-8", "code": next(codes)}
    assert anna("POST", "/me/password", change).status_code == 204
    read_problem(take_second_step(anna, token, next(codes)), 401, "invalid-mfa-token")
    anna.password = "Another-horse-8"
    token = begin_login(anna)["mfa_token"]
    assert administrator("PATCH", f"/users/{anna.username}", {"is_enabled": False}).is_success
    read_problem(take_second_step(anna, token, next(codes)), 401, "invalid-mfa-token")


def test_recovery_code_is_good_for_one_login_in_any_spelling(anna: Person) -> None:
    _, enrolled = enrol(anna)
    first, second = enrolled["recovery_codes"][:2]
    log_in(anna, f" {first.upper().replace('-', ' ')}")
    assert anna("GET", "/me/factors").json()["recovery_codes_left"] == 9
    read_problem(take_second_step(anna, begin_login(anna)["mfa_token"], first), 401, "wrong-code")
    made = anna("POST", "/me/recovery-codes", {"password": PASSWORD, "code": second}).raise_for_status().json()
    assert len(made["recovery_codes"]) == 10
    read_problem(take_second_step(anna, begin_login(anna)["mfa_token"], enrolled["recovery_codes"][2]), 401, "wrong-code")
    log_in(anna, made["recovery_codes"][0])


def test_guessing_codes_is_slowed_down_also_with_the_right_password_before_each(anna: Person, administrator: Person) -> None:
    app, enrolled = enrol(anna)
    tokens = [begin_login(anna)["mfa_token"] for _ in range(FREE + 3)]
    answers = [take_second_step(anna, token, app.wrong_code) for token in tokens]
    assert [answer.status_code for answer in answers] == [401] * FREE + [429] * 3
    problem = read_problem(answers[-1], 429, "too-many-attempts")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
    assert answers[-1].headers["retry-after"] in problem["detail"]
    # Neither another token, nor the right code, nor the password resets that; an administrator does.
    read_problem(take_second_step(anna, begin_login(anna)["mfa_token"], app.code()), 429, "too-many-attempts")
    begun = anna("DELETE", f"/me/factors/{enrolled['id']}", {"password": PASSWORD, "code": app.last_code})
    read_problem(begun, 429, "too-many-attempts")
    assert administrator("POST", f"/users/{anna.username}/unlock").status_code == 204
    log_in(anna, app.last_code)
    events = administrator("GET", f"/events?user={anna.username}&type=LoginRefused").json()["events"]
    assert [event["reason"] for event in events] == ["wrong code"] * FREE + ["too many attempts"]


def test_concurrent_guesses_are_counted_before_they_are_compared(anna: Person) -> None:
    app, _ = enrol(anna)
    token, wrong = begin_login(anna)["mfa_token"], app.wrong_code
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: take_second_step(anna, token, wrong).status_code, range(20)))
    assert sorted(answers) == [401] * FREE + [429] * (20 - FREE)


def test_stolen_access_token_changes_no_factor(anna: Person) -> None:
    read_problem(anna("POST", "/me/factors/totp", {"password": "Wrong-horse-9"}), 403, "wrong-password")
    app, enrolled = enrol(anna)
    path = f"/me/factors/{enrolled['id']}"
    change = {"current_password": PASSWORD, "new_password": "Another-horse-8"}
    for method, where, body in (
        ("DELETE", path, {"password": PASSWORD}),
        ("POST", "/me/factors/totp", {"password": PASSWORD}),
        ("POST", "/me/recovery-codes", {"password": PASSWORD}),
        ("POST", "/me/password", change),
        ("DELETE", "/me", {"password": PASSWORD}),
    ):
        read_problem(anna(method, where, body), 403, "code-required")
    wrong = read_problem(anna("DELETE", path, {"password": PASSWORD, "code": app.wrong_code}), 403, "wrong-code")
    assert wrong["errors"][0]["field"] == "code"
    read_problem(anna("DELETE", path, {"password": PASSWORD, "code": app.last_code}), 403, "wrong-code")
    read_problem(
        anna("DELETE", path, {"password": "Wrong-horse-9", "code": enrolled["recovery_codes"][0]}), 403, "wrong-password"
    )
    found = anna("GET", "/me/factors").json()
    assert ([factor["id"] for factor in found["factors"]], found["recovery_codes_left"]) == ([enrolled["id"]], 10)


def test_enrolment_belongs_to_whoever_began_it(anna: Person, bella: Person) -> None:
    begun = anna("POST", "/me/factors/totp", {"password": PASSWORD}).raise_for_status().json()
    app = AuthenticatorApp(begun["uri"])
    body = {"enrolment": begun["enrolment"], "code": app.code()}
    read_problem(bella("POST", "/me/factors/totp/confirm", body), 404, "no-such-enrolment")
    read_problem(anna("POST", "/me/factors/totp/confirm", body | {"code": app.wrong_code}), 403, "wrong-code")
    for name in ("", " App", "a\u202eb", "x" * 65, "a\nb"):
        assert read_broken_rules(anna("POST", "/me/factors/totp/confirm", body | {"name": name}))
    made = anna("POST", "/me/factors/totp/confirm", body | {"name": "Телефон Анны"})
    assert (made.status_code, made.json()["name"]) == (201, "Телефон Анны")
    read_problem(anna("POST", "/me/factors/totp/confirm", body), 404, "no-such-enrolment")
    read_problem(take_second_step(anna, begun["enrolment"], app.last_code), 401, "invalid-mfa-token")


def test_a_user_has_one_app_and_may_replace_it(anna: Person) -> None:
    _, enrolled = enrol(anna)
    first, second, *_ = enrolled["recovery_codes"]
    again = anna("POST", "/me/factors/totp", {"password": PASSWORD, "code": first})
    read_problem(again, 409, "limit-reached")
    path = f"/me/factors/{enrolled['id']}"
    assert anna("DELETE", path, {"password": PASSWORD, "code": second}).status_code == 204
    anna.log_in()
    read_problem(anna("DELETE", path, {"password": PASSWORD}), 404, "no-such-factor")
    app, _ = enrol(anna)
    log_in(anna, app.code())


def test_administrator_removes_the_factors_of_a_user_that_has_lost_them(anna: Person, administrator: Person) -> None:
    enrol(anna)
    read_problem(anna("DELETE", f"/users/{anna.username}/factors"), 403, "administrator-required")
    assert administrator("DELETE", f"/users/{anna.username}/factors").status_code == 204
    assert administrator("DELETE", f"/users/{anna.username}/factors").status_code == 204
    anna.log_in()
    events = administrator("GET", f"/events?user={anna.username}&type=FactorRemoved").json()["events"]
    assert [(event["kind"], event["by"] is not None) for event in events] == [("totp", True)]


def test_introspection_says_how_a_user_has_authenticated(
    authorization_service: Service, anna: Person, administrator: Person
) -> None:
    form, headers = {"token": anna.token}, {"Authorization": f"Bearer {administrator.token}"}
    facts = httpx.post(f"{authorization_service.url}/introspect", data=form, headers=headers, trust_env=False).json()
    claims = read_claims(anna.token)
    assert (facts["acr"], facts["auth_time"]) == ("1", claims["auth_time"])


def test_secret_is_stored_encrypted(anna: Person, authorization_service: Service, run_folder: Path) -> None:
    app, _ = enrol(anna)
    server, user_id = authorization_service.tarantool, anna("GET", "/me").json()["id"]
    with closing(tarantool.connect("127.0.0.1", server.port, user=server.user, password=server.password)) as connection:
        (factor,), codes_left = connection.call("factors.list", user_id).data[0]
    assert codes_left == 10
    assert app.secret not in str(factor)
    key_file = run_folder / "authorization_service/var/authorization_service/factor_key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert FernetSealer.load(key_file).open(factor[6], user_id) == TotpSecret(app.secret)


def test_policy_requires_a_second_factor_of_administrators(tmp_path: Path) -> None:
    with (
        Tarantool("authorization", tmp_path / "tarantool") as server,
        Service("authorization", tmp_path / "service", server) as service,
    ):
        service.wait_until_ready()
        password = (tmp_path / "service/var/authorization_service/administrator_password").read_text().strip()
        administrator = Person(service, "admin", password)
        tokens = administrator.log_in()
        assert administrator("GET", "/policy").json() == {"administrators_need_second_factor": False}
        on = {"administrators_need_second_factor": True}
        read_problem(register(service)("PUT", "/policy", on), 403, "administrator-required")
        assert administrator("PUT", "/policy", on).status_code == 204
        read_problem(administrator("GET", "/users"), 401, "invalid-token")
        administrator.log_in()
        refused = administrator("GET", "/users")
        read_problem(refused, 401, "insufficient-user-authentication")
        assert 'error="insufficient_user_authentication"' in refused.headers["www-authenticate"]
        app, enrolled = enrol(administrator)
        log_in(administrator, app.code())
        assert administrator("GET", "/policy").json() == {"administrators_need_second_factor": True}
        assert administrator("GET", "/users").is_success
        read_problem(administrator("POST", "/refresh", {"refresh_token": tokens["refresh_token"]}), 401, "invalid-refresh-token")
        assert administrator("PUT", "/policy", {"administrators_need_second_factor": False}).status_code == 204
        log_in(administrator, enrolled["recovery_codes"][0])
        events = administrator("GET", "/events?type=SecondFactorPolicyChanged").json()["events"]
        assert [event["is_needed"] for event in events] == [True, False]
