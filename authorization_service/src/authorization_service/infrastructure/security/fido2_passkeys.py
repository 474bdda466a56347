"""Passkeys (Web Authentication), with Yubico's fido2."""

import struct
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from fido2.cose import ES256, RS256, EdDSA
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from authorization_service.application.factor.passkeys import Assertion, JsonObject, NewPasskey
from authorization_service.domain.entities.factor import Factor
from authorization_service.domain.entities.user import User

TIMEOUT = 300_000  # milliseconds
MAX_CREDENTIAL_BYTES = 1023  # Web Authentication, section 4
ALGORITHMS = (ES256.ALGORITHM, EdDSA.ALGORITHM, RS256.ALGORITHM)
# What the library raises for a response that is malformed, forged, or for another challenge, origin or party.
_REFUSALS = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, struct.error, UnsupportedAlgorithm)


class Fido2PasskeyVerifier:
    """Implements PasskeyVerifier for one origin, whose host is the relying party's id.

    Attestation is neither asked for nor looked at: which devices users have is theirs to choose.
    """

    def __init__(self, origin: str) -> None:
        address = urlsplit(origin)
        host = address.hostname or ""
        self._origin = f"{address.scheme}://{address.netloc}"
        self._is_available = host == "localhost" or (address.scheme == "https" and host != "" and not _is_ip_address(host))
        self._server = Fido2Server(
            PublicKeyCredentialRpEntity(name=host, id=host),
            attestation=AttestationConveyancePreference.NONE,
            verify_origin=self._origin.__eq__,
        )
        self._server.timeout = TIMEOUT  # type: ignore[assignment] # the library declares None alone
        self._server.allowed_algorithms = [
            PublicKeyCredentialParameters(type=PublicKeyCredentialType.PUBLIC_KEY, alg=algorithm) for algorithm in ALGORITHMS
        ]

    @property
    def is_available(self) -> bool:
        """Whether browsers allow passkeys at the origin."""
        return self._is_available

    def describe_registration(self, user: User, kept: Sequence[Factor], challenge: str) -> JsonObject:
        """Return PublicKeyCredentialCreationOptionsJSON."""
        names = [user.first_name.value, *([] if user.last_name is None else [user.last_name.value])]
        options, _ = self._server.register_begin(
            PublicKeyCredentialUserEntity(id=user.id.bytes, name=user.username.value, display_name=" ".join(names)),
            _describe_kept(kept),
            resident_key_requirement=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
            challenge=websafe_decode(challenge),
        )
        return dict(options.public_key)

    def verify_registration(self, challenge: str, response: JsonObject) -> NewPasskey | None:
        """Return the credential of a RegistrationResponseJSON (section 7.1)."""
        try:
            data = self._server.register_complete(_make_state(challenge), response)
            credential = data.credential_data
            if credential is None or credential.public_key[3] not in ALGORITHMS:
                return None
            if len(credential.credential_id) > MAX_CREDENTIAL_BYTES:
                return None
            return NewPasskey(websafe_encode(credential.credential_id), websafe_encode(credential), data.counter)
        except _REFUSALS:
            return None

    def describe_assertion(self, kept: Sequence[Factor], challenge: str, *, must_verify_user: bool = False) -> JsonObject:
        """Return PublicKeyCredentialRequestOptionsJSON."""
        is_second = bool(kept) and not must_verify_user
        options, _ = self._server.authenticate_begin(
            _describe_kept(kept) or None,
            user_verification=UserVerificationRequirement.PREFERRED if is_second else UserVerificationRequirement.REQUIRED,
            challenge=websafe_decode(challenge),
        )
        return dict(options.public_key)

    def read_credential_id(self, response: JsonObject) -> str | None:
        """Return the id that an AuthenticationResponseJSON names."""
        try:
            return websafe_encode(AuthenticationResponse.from_dict(response).raw_id)
        except _REFUSALS:
            return None

    def verify_assertion(self, challenge: str, passkey: Factor, response: JsonObject) -> Assertion | None:
        """Return what an AuthenticationResponseJSON says (section 7.2); the counter is for the caller to compare."""
        credential = AttestedCredentialData(websafe_decode(passkey.secret))
        try:
            self._server.authenticate_complete(_make_state(challenge), [credential], response)
            answer = AuthenticationResponse.from_dict(response).response
        except _REFUSALS:
            return None
        if answer.user_handle and answer.user_handle != passkey.user_id.bytes:
            return None
        data = answer.authenticator_data
        return Assertion(data.counter, data.is_user_verified())


def _describe_kept(kept: Sequence[Factor]) -> list[PublicKeyCredentialDescriptor]:
    ids = [websafe_decode(factor.credential_id) for factor in kept if factor.credential_id is not None]
    return [PublicKeyCredentialDescriptor(type=PublicKeyCredentialType.PUBLIC_KEY, id=each) for each in ids]


def _make_state(challenge: str) -> dict[str, Any]:
    return {"challenge": challenge, "user_verification": None}  # whether the user was verified is part of the result


def _is_ip_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
