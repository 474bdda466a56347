"""Filters for false failures: rules that a JSON schema cannot express. And a check of our own."""

import json
import unicodedata
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.openapi.checks import RejectedPositiveData, UseAfterFree

NAMES = {"first_name", "last_name", "name"}
FACTOR_NAMES = {"/me/factors/totp/confirm", "/me/factors/passkeys/confirm"}
NEW_PASSWORDS = {"/register": "password", "/me/password": "new_password"}
# Keys are limited in bytes, which a schema counts as characters; integers include 1e300 and 7.0 in a schema.
OF_PAIRS = {"length", "integer_range", "int_type"}
# A key may be in `data` or in `binary`; and a few media types are not for bytes.
OF_BYTES = {"unique", "media_type"}
# Made-up cursors; a prefix that is required unless everything is deleted; entity tags that schemathesis sends unquoted; tickets,
# which it sends together with an access token; a body beside the revision to restore instead of it; and idempotency keys that it
# has used before.
OF_PARAMETERS = {
    ("cursor", "cursor"), ("prefix", "required"), ("if-match", "entity_tags"), ("if-none-match", "entity_tags"),
    ("ticket", "exclusive"), ("body", "replaced"), ("idempotency-key", "reused"),
}  # fmt: skip
# RFC 6749, section 5.2: wrong credentials are answered with 400, as malformed requests are.
WRONG_CREDENTIALS = {"invalid_grant", "invalid_scope", "unauthorized_client"}


# How a message is delivered, which no operation decides.
OF_CONNECTIONS = {"connection", "content-length", "content-type", "date", "transfer-encoding"}


# Bodies of lines: pairs, and invalid lines.
_PAIRS = st.builds(lambda key, value: json.dumps({"key": key, "value": value}), st.text(), st.integers() | st.text() | st.none())
_LINES = st.lists(_PAIRS | st.text()).map(lambda lines: "\n".join(lines).encode())
schemathesis.openapi.media_type("application/x-ndjson", _LINES)


@schemathesis.hook
def filter_failure(
    _: schemathesis.HookContext, failure: Failure, case: schemathesis.Case[Any], response: schemathesis.Response
) -> bool:
    """Return whether a failure is real."""
    if isinstance(failure, UseAfterFree):
        # Pairs were deleted, not the collection itself; or the pair that the query names, and then another was asked for.
        return not failure.free.partition("?")[0].endswith(("/pairs", "/pair"))
    if isinstance(failure, AcceptedNegativeData):
        return not _has_debatable_names(case)
    if not isinstance(failure, RejectedPositiveData):
        return True
    answer = response.json()
    if case.path in {"/token", "/device_authorization", "/par"}:
        return answer["error"] not in WRONG_CREDENTIALS
    if answer["type"] == "urn:problem-type:import-refused":  # the lines of a body are made up, too
        return False
    return not all(_is_beyond_schemas(error["field"], error["rule"], case) for error in answer["errors"])


def _is_beyond_schemas(field: str, rule: str, case: schemathesis.Case[Any]) -> bool:
    if field in {"first_name", "last_name"} or (field == "name" and case.path == "/clients"):
        return _has_debatable_names(case)
    if field == "grant":  # schemathesis decodes the escapes of a key when it encodes the path: another spelling
        return "%2F" in str(case.path_parameters.get("grant"))
    is_of_pairs = case.path in {"/write", "/read", "/delete"} or case.path.startswith("/namespaces/")
    if is_of_pairs:
        is_of_bytes = field.startswith("binary.") and rule in OF_BYTES
        return rule in OF_PAIRS or (field, rule) in OF_PARAMETERS or is_of_bytes
    # Characters that are neither seen nor white space have no place in a factor's name.
    return field == NEW_PASSWORDS.get(case.path) or (case.path in FACTOR_NAMES and (field, rule) == ("name", "characters"))


def _has_debatable_names(case: schemathesis.Case[Any]) -> bool:
    """Return whether a name has letters that NFC composes (a schema counts before that, the service after it).

    Or characters that Unicode has not assigned, which schemathesis takes for marks, or line breaks, which it takes for spaces.
    """
    body: dict[str, Any] = case.body if isinstance(case.body, dict) else {}
    names = [body[name] for name in NAMES if isinstance(body.get(name), str)]
    return any(
        not unicodedata.is_normalized("NFC", name) or {"Cn", "Cc"} & set(map(unicodedata.category, name)) for name in names
    )


@schemathesis.hook
def filter_case(_: schemathesis.HookContext, case: schemathesis.Case[Any]) -> bool:
    """Leave out changes to the administrator that sends the requests, and to what it may do."""
    changes_user = case.path == "/users/{username}" and case.method in {"PATCH", "DELETE"}
    changes_policy = case.path == "/policy" and isinstance(case.body, dict) and any(each is True for each in case.body.values())
    # These have the methods of `/me/factors/{factor_id}`, too.
    lists_methods_of_another = case.path in {"/me/factors/totp", "/me/factors/passkeys"} and case.method == "OPTIONS"
    return (
        not changes_policy
        and not lists_methods_of_another
        and not (changes_user and str(case.path_parameters.get("username")).lower() == "admin")
    )


@schemathesis.check
def header_fields_are_documented(
    _: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """Check that the document has all header fields of a response to the operation."""
    if case.method != case.operation.method.upper():
        return
    described = case.operation.responses.find_by_status_code(response.status_code)
    known = set() if described is None else {name.lower() for name, _ in described.headers.items()}
    unknown = response.headers.keys() - known - OF_CONNECTIONS
    assert described is None or not unknown, f"undocumented header fields: {sorted(unknown)}"
