"""Devices that wait for a user, in Tarantool's space `devices`."""

from uuid import uuid4

from authorization_service.application.device.device_repository import WaitingDevice
from authorization_service.domain.entities.session import SessionPolicy, UsedSession
from authorization_service.domain.value_objects.device_policy import INTERVAL, LIFETIME
from authorization_service.domain.value_objects.random_secret import RandomSecret
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from authorization_service.domain.value_objects.user_code import UserCode
from authorization_service.infrastructure.db.repositories.refusals import REFUSALS, is_changed
from authorization_service.infrastructure.db.repositories.stored_sessions import (
    to_microseconds,
    to_stored_client,
    to_stored_lifetimes,
    to_used,
)
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolDeviceRepository:
    """Implements DeviceRepository."""

    def __init__(self, tarantool: TarantoolConnection, policy: SessionPolicy) -> None:
        self._tarantool = tarantool
        self._lifetimes = to_stored_lifetimes(policy)
        self._limit = policy.max_sessions

    async def begin(self, code: RandomSecret, user_code: UserCode, device: WaitingDevice) -> bool:
        """Insert a device. Return False if the user code is taken."""
        arguments = [code.hash, user_code.text, *device, to_microseconds(LIFETIME), to_microseconds(INTERVAL)]
        return is_changed(await self._tarantool.call("devices.begin", arguments))

    async def find(self, user_code: UserCode) -> WaitingDevice | None:
        """Return the device that waits with this user code."""
        stored = await self._tarantool.call("devices.find", [user_code.text])
        return None if stored is None else WaitingDevice(*stored)

    async def decide(self, user_code: UserCode, browser: RandomSecret, *, is_allowed: bool) -> bool:
        """Allow or deny a device. Raises NoSuchSessionError."""
        return is_changed(await self._tarantool.call("devices.decide", [user_code.text, browser.hash, is_allowed]))

    async def redeem(self, code: RandomSecret, client_id: str, token: RefreshToken, client: ClientInfo) -> UsedSession:
        """Open a session for a device. Raises InvalidCodeError and its siblings."""
        hashes = [token.family_hash, token.secret_hash]
        arguments = [code.hash, client_id, str(uuid4()), hashes, self._lifetimes, to_stored_client(client), self._limit]
        return to_used(token, *unwrap(await self._tarantool.call("devices.redeem", arguments), REFUSALS))
