"""What this service is made of. Everything lives as long as the process."""

from collections.abc import AsyncIterator

import orjson
from dishka import AnyOf, Provider, Scope, from_context, provide

from key_value_service.application.changes.change_feed import ChangeFeed
from key_value_service.application.changes.follow_changes import ReadChanges, WatchChanges
from key_value_service.application.namespaces.delete_namespace import DeleteNamespace
from key_value_service.application.namespaces.list_namespaces import ListNamespaces
from key_value_service.application.namespaces.measure_namespace import MeasureNamespace
from key_value_service.application.namespaces.namespace_repository import NamespaceRepository
from key_value_service.application.namespaces.put_namespace import PutNamespace
from key_value_service.application.namespaces.show_namespace import ShowNamespace
from key_value_service.application.pairs.delete_pair import DeletePair
from key_value_service.application.pairs.delete_pairs import DeletePairs
from key_value_service.application.pairs.delete_range import DeleteRange
from key_value_service.application.pairs.increment_pair import IncrementPair
from key_value_service.application.pairs.list_pairs import ListPairs
from key_value_service.application.pairs.pair_ranges import PairRanges
from key_value_service.application.pairs.pair_repository import PairRepository
from key_value_service.application.pairs.patch_pair import PatchPair
from key_value_service.application.pairs.read_pair import ReadPair
from key_value_service.application.pairs.read_pairs import ReadPairs
from key_value_service.application.pairs.set_time_to_live import SetTimeToLive
from key_value_service.application.pairs.write_pair import WritePair
from key_value_service.application.pairs.write_pairs import WritePairs
from key_value_service.application.transactions.run_transaction import RunTransaction
from key_value_service.application.transactions.transaction_repository import TransactionRepository
from key_value_service.application.transfer.export_pairs import ExportPairs
from key_value_service.application.transfer.import_pairs import ImportPairs
from key_value_service.application.transfer.pair_loader import PairLoader
from key_value_service.config import Settings
from key_value_service.domain.value_objects.value import Encode
from key_value_service.infrastructure.db.change_tail import ChangeTail
from key_value_service.infrastructure.db.repositories.tarantool_namespace_repository import TarantoolNamespaceRepository
from key_value_service.infrastructure.db.repositories.tarantool_pair_loader import TarantoolPairLoader
from key_value_service.infrastructure.db.repositories.tarantool_pair_ranges import TarantoolPairRanges
from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import TarantoolPairRepository
from key_value_service.infrastructure.db.repositories.tarantool_transaction_repository import TarantoolTransactionRepository
from key_value_service.infrastructure.security.remote_key_set import RemoteKeySet
from key_value_service.infrastructure.security.revocation_follower import RevocationFollower
from key_value_service.presentation.api.cursors import Cursors
from shared_kernel.application.authentication import AccessTokenVerifier
from shared_kernel.application.availability import StoreUnavailableError
from shared_kernel.infrastructure.access_tokens import JwtAccessTokenVerifier
from shared_kernel.infrastructure.background import in_background
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.secret_files import read_secret
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from shared_kernel.presentation.http.application.health import Dependencies, OptionalDependencies
from shared_kernel.presentation.http.telemetry.metrics import Gauge, Gauges

TARANTOOL_USER = "key_value_service"


class ServiceProvider(Provider):
    """Connections, adapters and use cases."""

    scope = Scope.APP

    settings = from_context(Settings)
    pairs = provide(TarantoolPairRepository, provides=PairRepository)
    read_pairs = provide(ReadPairs)
    write_pairs = provide(WritePairs)
    delete_pairs = provide(DeletePairs)
    transactions = provide(TarantoolTransactionRepository, provides=TransactionRepository)
    run_transaction = provide(RunTransaction)
    namespaces = provide(TarantoolNamespaceRepository, provides=NamespaceRepository)
    put_namespace = provide(PutNamespace)
    delete_namespace = provide(DeleteNamespace)
    show_namespace = provide(ShowNamespace)
    list_namespaces = provide(ListNamespaces)
    measure_namespace = provide(MeasureNamespace)
    read_pair = provide(ReadPair)
    write_pair = provide(WritePair)
    patch_pair = provide(PatchPair)
    delete_pair = provide(DeletePair)
    set_time_to_live = provide(SetTimeToLive)
    increment_pair = provide(IncrementPair)
    ranges = provide(TarantoolPairRanges, provides=PairRanges)
    list_pairs = provide(ListPairs)
    delete_range = provide(DeleteRange)
    read_changes = provide(ReadChanges)
    loader = provide(TarantoolPairLoader, provides=PairLoader)
    export_pairs = provide(ExportPairs)
    import_pairs = provide(ImportPairs)

    @provide
    def watch_changes(self, changes: ChangeFeed) -> WatchChanges:
        """Watch with heartbeats."""
        return WatchChanges(changes)

    @provide
    async def change_tail(self, tarantool: TarantoolConnection) -> AsyncIterator[ChangeFeed]:
        """Follow changes as long as the process lives."""
        tail = ChangeTail(tarantool)
        yield tail
        await tail.close()

    @provide
    def encode(self) -> Encode:
        """Encode values with orjson."""
        return orjson.dumps

    @provide
    def cursors(self, settings: Settings) -> Cursors:
        """Seal cursors with a key made of the password for Tarantool, which all processes of the service have."""

        def find_secret() -> str:
            try:
                return read_secret(settings.tarantool_password_file)
            except (OSError, ValueError) as error:
                raise StoreUnavailableError("The database has not been reached yet; try again soon.") from error

        return Cursors(find_secret)

    @provide
    async def tarantool(self, settings: Settings) -> AsyncIterator[TarantoolConnection]:
        """Connect as long as the process lives."""
        connection = TarantoolConnection(settings.tarantool_address(TARANTOOL_USER))
        async with in_background(connection.run()):
            yield connection

    @provide
    async def key_set(self, settings: Settings) -> AsyncIterator[RemoteKeySet]:
        """Keep the public keys fresh as long as the process lives."""
        keys = RemoteKeySet(
            settings.jwks_url,
            refresh_seconds=settings.jwks_refresh_seconds,
            pause_seconds=settings.jwks_pause_seconds,
        )
        keys.start()
        yield keys
        await keys.close()

    @provide
    def revocations(self) -> Revocations:
        """Remember what is known to be revoked."""
        return Revocations()

    @provide
    async def follower(self, settings: Settings, revocations: Revocations) -> AsyncIterator[RevocationFollower]:
        """Follow the revocations as long as the process lives."""
        follower = RevocationFollower(
            revocations,
            url=settings.revocations_url,
            token_url=settings.token_url,
            client_id=settings.client_id,
            client_secret_file=settings.client_secret_file,
            tolerated_seconds=settings.revocations_tolerated_seconds,
            is_required=settings.revocations_required,
        )
        follower.start()
        yield follower
        await follower.close()

    @provide
    def verifier(
        self, settings: Settings, keys: RemoteKeySet, revocations: Revocations
    ) -> AnyOf[JwtAccessTokenVerifier, AccessTokenVerifier]:
        """Verify tokens with the keys known by then."""
        return JwtAccessTokenVerifier(
            keys, revocations, issuer=settings.issuer, audience=settings.audience, remembered=settings.remembered_tokens
        )

    @provide
    def dependencies(self, tarantool: TarantoolConnection, keys: RemoteKeySet) -> Dependencies:
        """Name what the service cannot work without."""
        return Dependencies((tarantool, keys))

    @provide
    def optional_dependencies(self, follower: RevocationFollower) -> OptionalDependencies:
        """Name what the service works better with."""
        return OptionalDependencies((follower,))

    @provide
    def gauges(
        self, keys: RemoteKeySet, revocations: Revocations, follower: RevocationFollower, verifier: JwtAccessTokenVerifier
    ) -> Gauges:
        """Name what is worth watching beside requests."""
        return Gauges(
            (
                Gauge("signing_keys", "Public keys that tokens are believed by", lambda: keys.size),
                Gauge("revocations", "Sessions and subjects with revoked tokens", revocations.__len__),
                Gauge("revocations_age_seconds", "Since the feed of revocations was read", lambda: follower.age_seconds),
                Gauge(
                    "remembered_access_tokens", "Tokens whose signature need not be verified again", lambda: verifier.remembered
                ),
            )
        )
