"""Sign-in to devices without a browser (RFC 8628)."""

from dataclasses import dataclass, field

from authorization_service.application.auth.access_token_issuer import AccessTokenIssuer
from authorization_service.application.authorize.authorization_request import find_known_scopes
from authorization_service.application.authorize.id_token_issuer import IdTokenIssuer
from authorization_service.application.client.client_repository import ClientRepository
from authorization_service.application.consent.consents import GiveConsent
from authorization_service.application.device.device_repository import DeviceRepository, WaitingDevice
from authorization_service.application.session.session_repository import SessionRepository
from authorization_service.application.session.session_tokens import SessionTokens
from authorization_service.application.sign_in.browser_session_repository import BrowserSessionRepository
from authorization_service.domain.entities.client import Client
from authorization_service.domain.exceptions import InvalidScopeError, NoSuchSessionError
from authorization_service.domain.value_objects.random_secret import RandomSecret
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from authorization_service.domain.value_objects.scope import refuse_if_too_long
from authorization_service.domain.value_objects.user_code import UserCode
from shared_kernel.application.client_info import ClientInfo


@dataclass(frozen=True, slots=True)
class DeviceCodes:
    """The code that a device asks for tokens with, and the one that its user types elsewhere."""

    code: RandomSecret = field(repr=False)
    user_code: UserCode


class BeginDevice:
    """Let a device wait for its user. Public: for clients that are identified."""

    def __init__(self, devices: DeviceRepository) -> None:
        self._devices = devices

    async def __call__(self, client: Client, scope: str) -> DeviceCodes:
        """Return the codes of a new device. Raises InvalidScopeError, StoreUnavailableError or StoreFullError."""
        refuse_if_too_long(scope)
        known = " ".join(find_known_scopes(scope))
        if not known:
            raise InvalidScopeError
        while True:
            codes = DeviceCodes(RandomSecret.new(), UserCode.new())
            if await self._devices.begin(codes.code, codes.user_code, WaitingDevice(client.id, known)):
                return codes


class FindDevice:
    """Find the device that waits with the code that a user has typed."""

    def __init__(self, devices: DeviceRepository, clients: ClientRepository) -> None:
        self._devices = devices
        self._clients = clients

    async def __call__(self, user_code: UserCode) -> tuple[Client, WaitingDevice] | None:
        """Return the device and its client, or None. Raises StoreUnavailableError."""
        device = await self._devices.find(user_code)
        client = None if device is None else await self._clients.find(device.client_id)
        return None if device is None or client is None else (client, device)


class DecideAboutDevice:
    """Allow or deny a device, as the user that has signed in to a browser."""

    def __init__(self, devices: DeviceRepository, sessions: BrowserSessionRepository, give_consent: GiveConsent) -> None:
        self._devices = devices
        self._sessions = sessions
        self._give_consent = give_consent

    async def __call__(self, user_code: UserCode, browser: RandomSecret, *, is_allowed: bool) -> bool:
        """Return False if the device does not wait any more.

        Raises NoSuchSessionError, StoreUnavailableError or StoreFullError.
        """
        signed_in, device = await self._sessions.find(browser), await self._devices.find(user_code)
        if signed_in is None:
            raise NoSuchSessionError
        if device is None or not await self._devices.decide(user_code, browser, is_allowed=is_allowed):
            return False
        if is_allowed:
            await self._give_consent(str(signed_in.user.id), device.client_id, device.scope.split(" "))
        return True


class RedeemDeviceCode:
    """Exchange the code of a device for tokens (RFC 8628, section 3.4)."""

    def __init__(
        self, devices: DeviceRepository, sessions: SessionRepository, issuer: AccessTokenIssuer, id_tokens: IdTokenIssuer
    ) -> None:
        self._devices = devices
        self._sessions = sessions
        self._issuer = issuer
        self._id_tokens = id_tokens

    async def __call__(self, client: Client, code: str, info: ClientInfo) -> SessionTokens:
        """Open a session of the user with the client and return its tokens.

        Raises what DeviceRepository.redeem does, and InvalidScopeError if the user may do nothing of what was asked.
        """
        used = await self._devices.redeem(RandomSecret(code), client.id, RefreshToken.new(), info)
        if not used.find_scopes():
            await self._sessions.end(str(used.user.id), str(used.session.id))
            raise InvalidScopeError
        return SessionTokens.issue(self._issuer, used, None).identify(self._id_tokens, used.session)
