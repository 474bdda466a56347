"""What start-up does beside serving: the first administrator, the first signing key, and the key-value service's account."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import NewType

import structlog

from authorization_service.domain.exceptions import AuthorizationServiceError
from shared_kernel.application.availability import BusyError, StoreFullError, StoreUnavailableError
from shared_kernel.domain.rules import RulesBrokenError

RETRY_SECONDS = 0.2

_log = structlog.get_logger()


class Provisioning:
    """Sees in the background to it that there is what has this name; until then the service is not ready."""

    def __init__(self, name: str, ensure: Callable[[], Awaitable[None]]) -> None:
        self.name = name
        self._ensure = ensure
        self._task = asyncio.create_task(self._provision())
        self._done = False

    async def is_available(self) -> bool:
        """Tell whether there is one."""
        return self._done

    async def close(self) -> None:
        """Stop trying."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _provision(self) -> None:
        while not self._done:
            try:
                await self._ensure()
            except (StoreUnavailableError, StoreFullError, BusyError):
                await asyncio.sleep(RETRY_SECONDS)
            except (AuthorizationServiceError, RulesBrokenError) as error:
                # No secret ever appears in these messages; somebody must mend the file, and the service starts anew.
                _log.error(f"cannot make the {self.name}", reason=str(error))
                return
            except Exception:  # noqa: BLE001 - told in whole, and never a reason to serve without it
                _log.exception(f"cannot make the {self.name}")
                return
            else:
                self._done = True


AdministratorProvisioning = NewType("AdministratorProvisioning", Provisioning)
ClientProvisioning = NewType("ClientProvisioning", Provisioning)
KeyProvisioning = NewType("KeyProvisioning", Provisioning)
