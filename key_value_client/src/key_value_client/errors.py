"""What can go wrong, as one tree of exceptions.

Every exception of this library is a `KeyValueError`. One that the service answered with is a `Problem`, and has a class of its
own for each type of problem (RFC 9457); one of a connection is a `TransportError`. All of them name the request's id, which the
service's log has, too. None has a token, a password or a secret in it.

    KeyValueError
    ├── TransportError
    │   ├── NotSent            nothing was done: the service could not be reached
    │   └── AnswerLost         the request was sent, and no answer came: a write may have been done or not
    ├── Problem                `status`, `type`, `title`, `detail`, `request_id`, `members`
    │   ├── RequestRefused     the request is wrong; repeating it does not help
    │   ├── AccessRefused      log in again, or get a grant
    │   ├── NotFound           also a LookupError
    │   ├── Conflict           the data are not as the request needs them
    │   └── Unavailable        the service cannot do it now
    ├── InvalidValue           a value that JSON cannot carry; also a ValueError
    ├── UnexpectedValue        a stored value that does not fit the type of a `typed` namespace; also a ValueError
    ├── NotLoggedIn            there are neither tokens nor what is needed to obtain some
    ├── NotDone                a result of a transaction that has not ended, or has taken the other branch
    ├── LockTaken              a lock was not given back in time by whoever holds it; also a TimeoutError
    ├── LockLost               a lock or a leadership is not held, or no longer
    └── ClientClosed           the client was closed before
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

PREFIX = "urn:problem-type:"


class KeyValueError(Exception):
    """The base of all exceptions of this library."""


class ClientClosed(KeyValueError):
    """The client was closed before."""


class InvalidValue(KeyValueError, ValueError):
    """A value that cannot be sent: neither JSON (`NaN`, half of a surrogate pair, an object of your own) nor bytes."""


class TransportError(KeyValueError):
    """No answer came. `request_id` is the one that the request had."""

    def __init__(self, message: str, request_id: str) -> None:
        super().__init__(f"{message} (request {request_id})")
        self.message = message
        self.request_id = request_id

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.request_id)


class NotSent(TransportError):
    """The service could not be reached: nothing was done."""


class AnswerLost(TransportError):
    """The request was sent, but its answer did not come, or not in time: a write may have been done or not."""


class LockTaken(KeyValueError, TimeoutError):
    """Somebody else holds the lock, or leads, and went on for longer than the timeout."""


class LockLost(KeyValueError):
    """The lock, or the leadership, is not held: it was lost, or given back. Whatever it protects must not go on."""


class UnexpectedValue(KeyValueError, ValueError):
    """A stored value does not fit the type of a `typed` namespace."""


class Problem(KeyValueError):
    """The service refused a request, or could not do it."""

    name: ClassVar[str] = ""
    maybe_done: ClassVar[bool] = False
    """Whether the request may have been done nevertheless."""

    def __init__(self, status: int, members: Mapping[str, Any], request_id: str = "", retry_after: float | None = None) -> None:
        self.status = status
        self.members = dict(members)
        """All members of the problem document."""
        self.type = str(members.get("type", ""))
        self.title = str(members.get("title", ""))
        self.detail = str(members.get("detail", ""))
        self.request_id = str(members.get("request_id", request_id))
        self.retry_after = retry_after
        """Seconds after which the service asks to be asked again."""
        super().__init__(self._describe())

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.status, self.members, self.request_id, self.retry_after)

    def _describe(self) -> str:
        broken = [one for one in self.members.get("errors") or () if isinstance(one, dict)]
        reasons = [self.detail or self.title or f"status {self.status}"]
        reasons += [f"{one.get('field')}: {one.get('message')}" for one in broken]
        return f"{' '.join(reasons)} [{self.status} {self.type.removeprefix(PREFIX)}] (request {self.request_id})"


# The request is wrong.


class RequestRefused(Problem):
    """The request is wrong; repeating it does not help."""


class InvalidRequest(RequestRefused):
    """It is no HTTP/1.1, or its path or query is malformed."""

    name = "invalid-request"


class MalformedBody(RequestRefused):
    """The body is not JSON, not UTF-8, or not in its coding."""

    name = "malformed-body"


class NoSuchPath(RequestRefused):
    """The service has no such path: it is not the one meant, or an older one."""

    name = "no-such-path"


class MethodNotAllowed(RequestRefused):
    """The path has no such method."""

    name = "method-not-allowed"


class BodyTooLarge(RequestRefused):
    """The body is larger than the service accepts."""

    name = "body-too-large"


class UnsupportedMediaType(RequestRefused):
    """The body's media type or coding is not supported."""

    name = "unsupported-media-type"


class RuleBroken(RequestRefused, ValueError):
    """A rule for keys, values or parameters is broken. `errors` names fields, rules and reasons."""

    name = "rule-broken"

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The broken rules: `field`, `rule`, `message`."""
        return list(self.members.get("errors", ()))


class IdempotencyKeyReused(RequestRefused):
    """The idempotency key was used for another request. Clients of this library make new ones each time."""

    name = "idempotency-key-reused"


class ImportRefused(RequestRefused, ValueError):
    """A line was refused, and the import is strict or wrote nothing. `errors` has the lines."""

    name = "import-refused"

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The refused lines: `line`, `field`, `rule`, `message`."""
        return list(self.members.get("errors", ()))

    @property
    def written(self) -> int:
        """How many pairs had been written."""
        return int(self.members.get("written", 0))


class HeadTooLarge(RequestRefused):
    """The request line and the fields are too large."""

    name = "head-too-large"


class UnsupportedTransferCoding(RequestRefused):
    """A transfer coding other than chunked."""

    name = "unsupported-transfer-coding"


class UnsupportedVersion(RequestRefused):
    """A version of HTTP other than 1.1."""

    name = "unsupported-version"


# The caller may not.


class AccessRefused(Problem):
    """The caller may not do this, or has to log in again."""


class AuthenticationRequired(AccessRefused):
    """There was no token."""

    name = "authentication-required"


class InvalidToken(AccessRefused):
    """The token has expired, was revoked, or is none."""

    name = "invalid-token"


class InvalidTicket(AccessRefused):
    """The ticket of a watch is not valid, or no longer."""

    name = "invalid-ticket"


class WrongCredentials(AccessRefused):
    """The name or the password, or the client's id or secret, is wrong."""

    name = "wrong-credentials"


class SecondFactorRequired(AccessRefused):
    """The password is right, and the user has a second factor: give the client a `code`."""

    name = "second-factor-required"


class SecondFactorMissing(AccessRefused):
    """The user has a second factor since just now: log in again."""

    name = "second-factor-missing"


class InvalidMfaToken(AccessRefused):
    """The second step of a login came too late: log in again."""

    name = "invalid-mfa-token"


class WrongCode(AccessRefused):
    """The code of the second factor is wrong, or was used before."""

    name = "wrong-code"


class WrongPasskey(AccessRefused):
    """The passkey was not accepted."""

    name = "wrong-passkey"


class CodeRequired(AccessRefused):
    """The operation needs a code of the second factor, too."""

    name = "code-required"


class InsufficientUserAuthentication(AccessRefused):
    """Administrators need a second factor: log in with one."""

    name = "insufficient-user-authentication"


class InvalidRefreshToken(AccessRefused):
    """The session has ended."""

    name = "invalid-refresh-token"


class InsufficientScope(AccessRefused):
    """The token does not allow this. It is the same whether or not the namespace exists."""

    name = "insufficient-scope"


class WrongPassword(AccessRefused):
    """The password that has to be given again is wrong."""

    name = "wrong-password"


class RegistrationClosed(AccessRefused):
    """Users cannot register themselves here."""

    name = "registration-closed"


class AdministratorRequired(AccessRefused):
    """Only administrators may do this."""

    name = "administrator-required"


class TooManyAttempts(AccessRefused):
    """Too many wrong passwords: `retry_after` says how long to wait."""

    name = "too-many-attempts"


class TooManyTickets(AccessRefused):
    """Too many tickets for watches are not used: `retry_after` says how long to wait."""

    name = "too-many-tickets"


# The data are not as the request needs them.


class NotFound(Problem, LookupError):
    """There is no such thing."""


class KeyMissing(NotFound, KeyError):
    """There is no pair of the key."""

    name = "no-such-pair"

    __str__ = Exception.__str__  # that of KeyError quotes

    @property
    def key(self) -> str | None:
        """The key, where one was asked for."""
        key: str | None = self.members.get("key")
        return key


class RevisionMissing(NotFound):
    """The change with that revision is no longer kept, or wrote no value of this pair."""

    name = "no-such-revision"


class NamespaceMissing(NotFound):
    """There is no such namespace."""

    name = "no-such-namespace"


class NoSuchUser(NotFound):
    """There is no such user."""

    name = "no-such-user"


class NoSuchGroup(NotFound):
    """There is no such group."""

    name = "no-such-group"


class NoSuchClient(NotFound):
    """There is no such service account."""

    name = "no-such-client"


class NoSuchFactor(NotFound):
    """The user has no such second factor."""

    name = "no-such-factor"


class NoSuchEnrolment(NotFound):
    """The enrolment of a second factor has expired or is complete."""

    name = "no-such-enrolment"


class NoSuchSession(NotFound):
    """There is no such session."""

    name = "no-such-session"


class NotAMember(NotFound):
    """The user is not in the group."""

    name = "not-a-member"


class GrantNotHeld(NotFound):
    """The grant is not held."""

    name = "grant-not-held"


class Conflict(Problem):
    """The data are not as the request needs them."""


class RevisionConflict(Conflict):
    """A pair does not have the expected revision; nothing was done."""

    name = "revision-conflict"

    @property
    def conflicts(self) -> dict[str, int]:
        """The present revisions of the pairs that do not match, by key; 0 where there is none."""
        return {conflict["key"]: conflict["revision"] for conflict in self.members.get("conflicts", ())}

    @property
    def revision(self) -> int:
        """The present revision of the pair, or of the first that does not match; 0: there is none."""
        revision: int = self.members["revision"] if "revision" in self.members else next(iter(self.conflicts.values()), 0)
        return revision


class PreconditionFailed(RevisionConflict):
    """The pair does not have the expected revision, as an operation on one pair answers; nothing was done."""

    name = "precondition-failed"


class QuotaExceeded(Conflict):
    """The namespace would have more pairs or bytes than its quota."""

    name = "quota-exceeded"


class NotANumber(Conflict, TypeError):
    """The value cannot be incremented: it is not a number."""

    name = "not-a-number"


class NotJson(Conflict, TypeError):
    """The value is bytes, and the operation needs JSON."""

    name = "not-json"


class NumberOverflow(Conflict, OverflowError):
    """The sum is out of range."""

    name = "number-overflow"


class OperationRefused(Conflict):
    """An operation of a transaction failed: `members` has `operation`, `key` and `reason`. Nothing was done."""

    name = "operation-refused"


class NamespaceNotEmpty(Conflict):
    """The namespace has pairs: it is deleted only with `force=True`."""

    name = "namespace-not-empty"


class DefaultNamespace(Conflict):
    """The namespace `default` is never deleted."""

    name = "default-namespace"


class UsernameTaken(Conflict):
    """Another user has the name."""

    name = "username-taken"


class ClientIdTaken(Conflict):
    """Another service account has the id."""

    name = "client-id-taken"


class PasskeysUnavailable(Conflict):
    """Passkeys need an address with a domain name and https, or localhost."""

    name = "passkeys-unavailable"


class PasskeyTaken(Conflict):
    """The passkey is registered already."""

    name = "passkey-taken"


class RotationUnderWay(Conflict):
    """A new signing key is waiting to sign."""

    name = "rotation-under-way"


class LastAdministrator(Conflict):
    """The last enabled administrator must remain."""

    name = "last-administrator"


class LimitReached(Conflict):
    """There would be more than the service keeps."""

    name = "limit-reached"


class RevisionGone(Conflict):
    """The changes after the revision are no longer kept: begin again, with an export or a scan."""

    name = "revision-gone"

    @property
    def oldest(self) -> int | None:
        """The oldest change that is kept, where the service told it."""
        return self.members.get("oldest")

    @property
    def revision(self) -> int | None:
        """The namespace's last revision, where the service told it."""
        return self.members.get("revision")


# The service cannot do it now.


class Unavailable(Problem):
    """The service, or a proxy before it, cannot do it now."""

    maybe_done = True


class InternalError(Unavailable):
    """A bug of the service; its log has the details under the request's id."""

    name = "internal-error"


class ShuttingDown(Unavailable):
    """The service ended before it answered."""

    name = "shutting-down"


class StoreUnavailable(Unavailable):
    """Tarantool is down or does not answer."""

    name = "store-unavailable"


class Busy(Unavailable):
    """The service has too much to do; nothing was done."""

    name = "busy"
    maybe_done = False


class TooManyIdempotencyKeys(Unavailable):
    """The memory for answers to requests with idempotency keys is full; nothing was done."""

    name = "too-many-idempotency-keys"
    maybe_done = False


class DeletionInterrupted(Unavailable):
    """Deleting by prefix stopped on the way: `members["deleted"]` pairs are gone."""

    name = "deletion-interrupted"


class SigningKeysUnknown(Unavailable):
    """The service does not know the keys of tokens yet."""

    name = "signing-keys-unknown"
    maybe_done = False


class RevocationsUnknown(Unavailable):
    """The service does not know which tokens are revoked."""

    name = "revocations-unknown"
    maybe_done = False


class NotReady(Unavailable):
    """The service waits for what `members["missing"]` lists."""

    name = "not-ready"
    maybe_done = False


class StoreFull(Unavailable):
    """Tarantool has no memory left; nothing was written."""

    name = "store-full"
    maybe_done = False


class DiskFull(Unavailable):
    """The disk of the database is full; nothing was written."""

    name = "disk-full"
    maybe_done = False


def _leaves(kind: type[Problem]) -> dict[str, type[Problem]]:
    found = {kind.name: kind} if "name" in vars(kind) and kind.name else {}
    for child in kind.__subclasses__():
        found |= _leaves(child)
    return found


PROBLEMS: Mapping[str, type[Problem]] = _leaves(Problem)
"""The exception of each type of problem."""


_FAMILIES: Mapping[int, type[Problem]] = {
    HTTPStatus.UNAUTHORIZED: AccessRefused,
    HTTPStatus.FORBIDDEN: AccessRefused,
    HTTPStatus.TOO_MANY_REQUESTS: AccessRefused,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.GONE: Conflict,
    HTTPStatus.PRECONDITION_FAILED: Conflict,
}


def parse_problem(status: int, body: bytes, request_id: str, retry_after: str | None = None, **more: Any) -> Problem:
    """Return the exception for an answer that is an error, be it the service's or that of a proxy before it."""
    try:
        members = json.loads(body)
    except ValueError:
        members = None
    if not isinstance(members, dict) or "error" in members:  # not RFC 9457: a proxy's page, or an error of OAuth 2 (RFC 6749)
        error = members if isinstance(members, dict) else {}
        kinds = {"invalid_client": "wrong-credentials", "invalid_grant": "wrong-credentials"}
        name = kinds.get(str(error.get("error")), "")
        members = {"type": PREFIX + name if name else "about:blank", "detail": str(error.get("error_description", ""))}
        members |= {} if name else {"title": f"The answer has status {status} and is no problem document"}
    kind = PROBLEMS.get(str(members.get("type", "")).removeprefix(PREFIX)) or _FAMILIES.get(status)
    kind = kind or (Unavailable if status >= HTTPStatus.INTERNAL_SERVER_ERROR else RequestRefused)
    return kind(status, members | more, request_id, _seconds(retry_after))


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after is not None and retry_after.isascii() and retry_after.isdigit() else None
