"""Use case: read what the service has measured of itself."""

from key_value_service.application.access import require_everywhere
from key_value_service.application.statistics.statistics_source import ServiceStatistics, StatisticsSource
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class ReadStatistics:
    """Return the figures of the service. Requires the scope `admin:*`: they tell of all namespaces."""

    def __init__(self, source: StatisticsSource) -> None:
        self._source = source

    def __call__(self, caller: Caller) -> ServiceStatistics:
        """Return the figures as they are now. Raises InsufficientScopeError."""
        require_everywhere(caller, Action.ADMIN)
        return self._source.read()
