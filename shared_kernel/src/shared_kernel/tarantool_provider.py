"""The provider of the connection to Tarantool: apart from the others, so that commands import no HTTP and no metrics."""

from collections.abc import AsyncIterator, Callable
from collections.abc import Set as AbstractSet

from dishka import Provider, Scope, provide

from shared_kernel.infrastructure.background import in_background
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from shared_kernel.infrastructure.tarantool_address import TarantoolLogin


class TarantoolProvider(Provider):
    """The process's connection to Tarantool, or to several, which `connection` makes. `readers`: see TarantoolConnection."""

    scope = Scope.APP

    def __init__(
        self,
        login: TarantoolLogin,
        readers: AbstractSet[str],
        connection: Callable[..., TarantoolConnection] = TarantoolConnection,
    ) -> None:
        super().__init__()
        self._login = login
        self._readers = readers
        self._connection = connection

    @provide
    async def tarantool(self) -> AsyncIterator[TarantoolConnection]:
        """Provide a connection that is kept up in the background."""
        connection = self._connection(self._login, self._readers)
        async with in_background(connection.run()):
            yield connection
