"""What a first start creates: the first signing key, the first administrator, and the clients that belong to the store."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NewType

import structlog

from authorization_service.domain.exceptions import AuthorizationServiceError
from shared_kernel.application.availability import BusyError, StoreFullError, StoreUnavailableError
from shared_kernel.domain.rules import RulesBrokenError

RETRY_SECONDS = 0.2

_log = structlog.get_logger()


class Provisioning:
    """Runs a use case of start-up until it has succeeded once. A Dependency: the service is not ready before."""

    def __init__(self, name: str, ensure: Callable[[], Awaitable[None]]) -> None:
        self.name = name
        self._ensure = ensure
        self._done = False

    async def is_available(self) -> bool:
        """Return whether the use case has succeeded."""
        return self._done

    async def run(self) -> None:
        """Run the use case, again and again while the store or the hasher cannot take it. Any other error is logged and final."""
        while not self._done:
            try:
                await self._ensure()
            except (StoreUnavailableError, StoreFullError, BusyError):
                await asyncio.sleep(RETRY_SECONDS)
            except (AuthorizationServiceError, RulesBrokenError) as error:
                # No secret ever appears in these messages. Somebody has to repair the file and restart the service.
                _log.error(f"cannot make the {self.name}", reason=str(error))
                return
            except Exception:  # noqa: BLE001 - logged with its traceback; the service stays not ready
                _log.exception(f"cannot make the {self.name}")
                return
            else:
                self._done = True


RequiredProvisionings = NewType("RequiredProvisionings", tuple[Provisioning, ...])
"""Those that the service is not ready without."""
