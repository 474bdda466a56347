"""The Tarantools of a service beside the leader."""

from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolReplicas:
    """Implements OptionalDependency: without all of them the service works, but survives less."""

    name = "tarantool replicas"

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def is_available(self) -> bool:
        """Return whether each instance says its role within a second."""
        return await self._tarantool.has_all_instances()

    async def settle(self) -> None:
        """Return at once: starting does not depend on it."""
