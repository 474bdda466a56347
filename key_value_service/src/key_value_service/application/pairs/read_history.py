"""Use case: read the history of a pair."""

from key_value_service.application.access import require_keys
from key_value_service.application.pairs.pair_history import HistoryPage, HistoryQuery, PairHistory
from key_value_service.domain.value_objects.key import check_key
from key_value_service.domain.value_objects.stale_read import StaleRead
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action

MAX_CHANGES = 1000


class ReadHistory:
    """Read the kept changes of a pair, a page at a time. Requires the scope `read:` on its key."""

    def __init__(self, history: PairHistory) -> None:
        self._history = history

    async def __call__(self, caller: Caller, namespace: str, query: HistoryQuery, stale: StaleRead | None = None) -> HistoryPage:
        """Return a page. Raises InsufficientScopeError, NoSuchNamespaceError, RulesBrokenError or StoreUnavailableError."""
        require_keys(caller, Action.READ, namespace, (query.key,))
        check_key(query.key)
        return await self._history.read_history(namespace, query, stale)
