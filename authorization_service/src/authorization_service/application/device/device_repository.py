"""The port for storing devices that wait for a user."""

from typing import NamedTuple, Protocol

from authorization_service.domain.entities.session import UsedSession
from authorization_service.domain.value_objects.random_secret import RandomSecret
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from authorization_service.domain.value_objects.user_code import UserCode
from shared_kernel.application.client_info import ClientInfo


class WaitingDevice(NamedTuple):
    """What a device asks for, and as which client."""

    client_id: str
    scope: str


class DeviceRepository(Protocol):
    """Devices that wait for a user to allow them what they ask for. All methods raise StoreUnavailableError."""

    async def begin(self, code: RandomSecret, user_code: UserCode, device: WaitingDevice) -> bool:
        """Add a device. Returns False if another one waits with this user code. Raises StoreFullError."""
        ...

    async def find(self, user_code: UserCode) -> WaitingDevice | None:
        """Return the device that waits with this user code, or None."""
        ...

    async def decide(self, user_code: UserCode, browser: RandomSecret, *, is_allowed: bool) -> bool:
        """Allow or deny a device, as the user that has signed in to the browser. Returns False if it does not wait any more.

        Raises NoSuchSessionError if nobody has signed in; StoreFullError.
        """
        ...

    async def redeem(self, code: RandomSecret, client_id: str, token: RefreshToken, client: ClientInfo) -> UsedSession:
        """Open a session with this refresh token for a device that is allowed; the code is used up.

        Raises InvalidCodeError, AuthorizationPendingError, SlowDownError, AccessDeniedError, CodeExpiredError or StoreFullError.
        """
        ...
