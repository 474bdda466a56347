"""What this service's own types of problems mean, and what to do about them."""

from shared_kernel.presentation.http.routing import problem_help as shared
from shared_kernel.presentation.http.routing.problem_help import ProblemHelp

_LOG_IN_AGAIN = "Log in again."

HELP: shared.Help = {
    **shared.HELP,
    "wrong-credentials": ProblemHelp(
        "The name or the password is wrong: the response is the same for both.",
        "Ask for the name and the password again. Do not repeat the same ones: failed attempts are counted.",
    ),
    "invalid-refresh-token": ProblemHelp(
        "The refresh token is malformed, was used before, or is of a session that has ended.",
        "Log in again. Keep the newest refresh token: each works once, and a used one ends the session.",
    ),
    "wrong-password": ProblemHelp(
        "The operation asks for the password once more, and it is wrong.",
        "Ask for the password again. Failed attempts are counted.",
        {"errors": [{"field": "current_password", "rule": "wrong", "message": "The password is wrong."}]},
    ),
    "second-factor-required": ProblemHelp(
        "The password is right, and the user has a second factor.",
        "Ask for a code, and send it with the `mfa_token` to `POST /login/second-factor` within `expires_in` seconds.",
        {"mfa_token": "…", "expires_in": 300, "factors": ["totp", "recovery_code"]},
    ),
    "second-factor-missing": ProblemHelp("The user has a second factor since just now, and this login had none.", _LOG_IN_AGAIN),
    "invalid-mfa-token": ProblemHelp(
        "The token of the second step is malformed, expired or used, or the user has changed.",
        "Begin the login again, with the password.",
    ),
    "wrong-code": ProblemHelp(
        "The code of the second factor is wrong, or was used before.",
        "Ask for the code that the application shows now, and look whether the device's clock is right.",
    ),
    "code-required": ProblemHelp(
        "The operation asks a user with a second factor for a code of it, beside the password.", "Send it as `code`."
    ),
    "insufficient-user-authentication": ProblemHelp(
        "Administrators need a second factor here, and the token is of a login without one (RFC 9470).",
        "Add a second factor to the account, and log in with it.",
    ),
    "registration-closed": ProblemHelp(
        "Users cannot register themselves here.",
        "Ask an administrator for an account. The setting is `AUTHORIZATION_REGISTRATION`.",
    ),
    "administrator-required": ProblemHelp(
        "Only enabled administrators may do this. The database is asked each time.",
        "Ask an administrator, or to be made one: `authorization-service users set-role`.",
    ),
    "client-id-taken": ProblemHelp("There is a client with this id.", "Choose another id, or change that client."),
    "no-such-client": ProblemHelp("There is no client with this id.", "Look at `GET /clients` for those that there are."),
    "no-such-factor": ProblemHelp("The user has no second factor with this id, or no longer.", "Look at `GET /me/factors`."),
    "no-such-enrolment": ProblemHelp(
        "The enrolment of a second factor has expired, is complete, or never began.", "Begin the enrolment again."
    ),
    "wrong-passkey": ProblemHelp(
        "The passkey's response is not right, or the challenge is used or expired: the response is the same for all.",
        "Begin again, and let the browser ask for the passkey once more.",
    ),
    "passkeys-unavailable": ProblemHelp(
        "The service has no address at which browsers allow passkeys: a domain name with https, or localhost.",
        "For operators: set `AUTHORIZATION_PASSKEY_ORIGIN`.",
    ),
    "passkey-taken": ProblemHelp("This passkey is registered already.", "Use it, or register another one."),
    "no-such-session": ProblemHelp("The user has no session with this id, or no longer.", "Nothing: the session has ended."),
    "no-such-user": ProblemHelp(
        "There is no user of this name, or the token's own user no longer exists.", "Check the name; log in as another user."
    ),
    "no-such-group": ProblemHelp("There is no group of this name.", "Look at `GET /groups` for those that there are."),
    "not-a-member": ProblemHelp("The user is not in the group.", "Nothing: it is as if it had been removed."),
    "grant-not-held": ProblemHelp(
        "The user or group does not hold the grant itself.", "Look whether it comes from a group: `GET /access` says why."
    ),
    "username-taken": ProblemHelp("Another user has this name.", "Choose another name."),
    "rotation-under-way": ProblemHelp(
        "A new signing key is published and waits to sign.",
        "Rotate again once it signs: `GET /signing-keys` says when. After a leak: `keys rotate --compromised`.",
    ),
    "last-administrator": ProblemHelp("This would leave no enabled administrator.", "Make another user an administrator first."),
    "limit-reached": ProblemHelp(
        "A user would have more second factors than are allowed, or hold more grants than a token can carry, or a group would"
        " have too many members.",
        "Remove what is not needed; give a grant with a wildcard, such as `read:team-*`, instead of many.",
    ),
}
