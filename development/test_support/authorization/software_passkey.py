"""A passkey in software: what a browser and an authenticator do together, without either."""

import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

FLAG = AuthenticatorData.FLAG
PRESENT_AND_VERIFIED = FLAG.UP | FLAG.UV


@dataclass
class SoftwarePasskey:
    """A key pair for one relying party. Whatever it says may be changed, to try what the service does."""

    origin: str
    rp_id: str = "localhost"
    counter: int = 0
    flags: AuthenticatorData.FLAG = PRESENT_AND_VERIFIED
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user_handle: bytes | None = None

    def register(self, options: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Return a RegistrationResponseJSON for options."""
        self.user_handle = websafe_decode(options["user"]["id"])
        public_key = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        credential = AttestedCredentialData.create(Aaguid.NONE, self.credential_id, public_key)
        data = AuthenticatorData.create(sha256(self.rp_id.encode()), self.flags | FLAG.AT, self.counter, credential)
        response = {
            "clientDataJSON": websafe_encode(self._collect("webauthn.create", options, **changes)),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        }
        return self._wrap(response)

    def sign(self, options: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Return an AuthenticationResponseJSON for options. The counter increases, unless it is 0."""
        self.counter += 1 if self.counter else 0
        data = AuthenticatorData.create(sha256(self.rp_id.encode()), self.flags, self.counter)
        client_data = self._collect("webauthn.get", options, **changes)
        signature = self.key.sign(data + client_data.hash, ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": websafe_encode(client_data),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
        }
        if self.user_handle is not None:
            response["userHandle"] = websafe_encode(self.user_handle)
        return self._wrap(response)

    def _collect(self, kind: str, options: dict[str, Any], **changes: Any) -> CollectedClientData:
        given = {"type": kind, "challenge": options["challenge"], "origin": self.origin} | changes
        return CollectedClientData.create(**given)

    def _wrap(self, response: dict[str, Any]) -> dict[str, Any]:
        encoded = websafe_encode(self.credential_id)
        return {"id": encoded, "rawId": encoded, "type": "public-key", "response": response, "clientExtensionResults": {}}
