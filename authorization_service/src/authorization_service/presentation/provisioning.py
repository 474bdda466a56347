"""What start-up does beside serving: the first administrator."""

import asyncio
import contextlib

import structlog

from authorization_service.application.user.ensure_administrator import EnsureAdministrator
from shared_kernel.application.availability import BusyError, StoreFullError, StoreUnavailableError
from shared_kernel.domain.rules import RulesBrokenError

RETRY_SECONDS = 0.2

_log = structlog.get_logger()


class AdministratorProvisioning:
    """Sees in the background to it that there is an administrator; until then the service is not ready."""

    name = "administrator"

    def __init__(self, ensure_administrator: EnsureAdministrator) -> None:
        self._ensure_administrator = ensure_administrator
        self._task = asyncio.create_task(self._provision())
        self._done = False

    async def is_available(self) -> bool:
        """Tell whether there is an administrator."""
        return self._done

    async def close(self) -> None:
        """Stop trying."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _provision(self) -> None:
        while not self._done:
            try:
                await self._ensure_administrator()
            except (StoreUnavailableError, StoreFullError, BusyError):
                await asyncio.sleep(RETRY_SECONDS)
            except (RulesBrokenError, OSError, ValueError) as error:
                # The password never appears in these messages; somebody must mend the file, and the service starts anew.
                _log.error("cannot make the administrator", reason=str(error))
                return
            except Exception:  # noqa: BLE001 - told in whole, and never a reason to serve without an administrator
                _log.exception("cannot make the administrator")
                return
            else:
                self._done = True
