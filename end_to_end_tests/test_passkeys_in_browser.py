"""Passkeys in a real Chromium, with its virtual authenticator (Web Authentication, section 11)."""

from typing import Any

from test_support.authorization.people import PASSWORD, register
from test_support.browser import Browser
from test_support.processes import Service, wait_until

ENROL = """
const send = (path, body) => fetch(path, {method: 'POST', body: JSON.stringify(body),
    headers: {'Content-Type': 'application/json', 'Authorization': `Bearer ${token}`}}).then((answer) => answer.json());
const begun = await send('/me/factors/passkeys', {password});
const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.options);
const passkey = (await navigator.credentials.create({publicKey})).toJSON();
return send('/me/factors/passkeys/confirm', {challenge: begun.challenge, passkey});
"""
LOG_IN = """
const send = (path, body) => fetch(path, {method: 'POST', body: JSON.stringify(body),
    headers: {'Content-Type': 'application/json'}}).then((answer) => answer.json());
const begun = await send('/login/passkey/begin', {});
const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.options);
const passkey = (await navigator.credentials.get({publicKey})).toJSON();
return send('/login/passkey', {challenge: begun.challenge, passkey});
"""
SECOND_STEP = """
const send = (path, body) => fetch(path, {method: 'POST', body: JSON.stringify(body),
    headers: {'Content-Type': 'application/json'}}).then((answer) => answer.json());
const begun = await send('/login', {username, password});
const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.passkey_options);
const passkey = (await navigator.credentials.get({publicKey})).toJSON();
return send('/login/second-factor', {mfa_token: begun.mfa_token, passkey});
"""


def test_chromium_enrols_a_passkey_and_logs_in_with_it(browser: Browser, authorization_service: Service) -> None:
    anna = register(authorization_service)
    browser.open(f"http://localhost:{authorization_service.port}/docs")
    browser.read("body")
    authenticator = browser.add_authenticator()
    made: dict[str, Any] = browser.run(ENROL, token=anna.token, password=PASSWORD)
    assert (made["kind"], len(made["recovery_codes"])) == ("passkey", 10)
    anna.token = browser.run(LOG_IN)["access_token"]
    assert anna("GET", "/me").json()["username"] == anna.username
    assert "access_token" in browser.run(SECOND_STEP, username=anna.username, password=PASSWORD)
    browser.set_signature_counter(authenticator, 0)
    assert browser.run(LOG_IN)["type"] == "urn:problem-type:wrong-passkey"
    again = ENROL.replace("{password}", "{password, code}")
    error = f"try {{{again}}} catch (error) {{ return error.name; }}"
    name = browser.run(error, token=anna.token, password=PASSWORD, code=made["recovery_codes"][0])
    assert name == "InvalidStateError"  # this authenticator has one already


def test_chromium_adds_a_passkey_at_the_account_and_signs_in_with_it(browser: Browser, authorization_service: Service) -> None:
    anna, url = register(authorization_service), f"http://localhost:{authorization_service.port}"
    browser.open(f"{url}/sign-in")
    browser.add_authenticator()
    browser.type("#username", anna.username)
    browser.type("#password", PASSWORD)
    browser.click("form[action='/sign-in'] button")
    browser.click("a[href='/account']")
    browser.click("a[href$='action=passkey']")
    browser.type("#password", PASSWORD)
    browser.click("form[action='/account/passkey'] button")
    browser.click("form[action='/account/passkey/confirm']:not([hidden]) button")
    assert len(browser.read(".codes").split()) == 10
    browser.open(f"{url}/account")
    browser.click("form[action='/sign-out'] button")
    browser.click("a[href='/sign-in']")
    browser.click("form[action='/sign-in/passkey']:not([hidden]) button")
    browser.click("a[href='/account']")
    assert browser.read(".entries strong") == "Passkey"
    # Beside the password, as the second factor.
    browser.click("form[action='/sign-out'] button")
    browser.click("a[href='/sign-in']")
    browser.type("#username", anna.username)
    browser.type("#password", PASSWORD)
    browser.click("form[action='/sign-in'] button")
    browser.click("form[data-options]:not([hidden]) button")
    browser.click("a[href='/account']")
    assert browser.read("h1") == "Your account"
    # In place of password and code, to confirm.
    browser.click("a[href$='action=delete']")
    browser.click("form[data-options]:not([hidden]) button")
    wait_until(lambda: browser.read("h1") == "Your account is removed", "the account being removed")
