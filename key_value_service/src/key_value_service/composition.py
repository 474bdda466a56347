"""Puts the service together: the one place that sees every layer. What it makes lives as long as the process."""

from collections.abc import AsyncIterator
from importlib.metadata import version

from dishka import AnyOf, AsyncContainer, Provider, Scope, from_context, make_async_container, provide, provide_all

from key_value_service.application.changes.change_feed import ChangeFeed
from key_value_service.application.changes.create_watch_ticket import CreateWatchTicket
from key_value_service.application.changes.follow_changes import ReadChanges, StaleChanges, WatchChanges
from key_value_service.application.changes.redeem_watch_ticket import RedeemWatchTicket
from key_value_service.application.changes.watch_tickets import WatchTickets
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
from key_value_service.application.pairs.list_children import ListChildren
from key_value_service.application.pairs.list_pairs import ListPairs
from key_value_service.application.pairs.pair_history import PairHistory
from key_value_service.application.pairs.pair_ranges import PairRanges
from key_value_service.application.pairs.pair_repository import PairRepository
from key_value_service.application.pairs.patch_pair import PatchPair
from key_value_service.application.pairs.read_history import ReadHistory
from key_value_service.application.pairs.read_pair import ReadPair
from key_value_service.application.pairs.read_pairs import ReadPairs
from key_value_service.application.pairs.restore_pair import RestorePair
from key_value_service.application.pairs.set_time_to_live import SetTimeToLive
from key_value_service.application.pairs.write_pair import WritePair
from key_value_service.application.pairs.write_pairs import WritePairs
from key_value_service.application.statistics.read_statistics import ReadStatistics
from key_value_service.application.statistics.statistics_source import StatisticsSource
from key_value_service.application.transactions.run_transaction import RunTransaction
from key_value_service.application.transactions.transaction_repository import TransactionRepository
from key_value_service.application.transfer.export_pairs import ExportPairs
from key_value_service.application.transfer.import_pairs import ImportPairs
from key_value_service.application.transfer.pair_loader import PairLoader
from key_value_service.config import Settings
from key_value_service.domain.value_objects.value import Encode
from key_value_service.infrastructure.db.change_tail import ChangeTail
from key_value_service.infrastructure.db.repositories.kept_answers import REPLAYS
from key_value_service.infrastructure.db.repositories.readers import READERS
from key_value_service.infrastructure.db.repositories.tarantool_namespace_repository import TarantoolNamespaceRepository
from key_value_service.infrastructure.db.repositories.tarantool_pair_history import TarantoolPairHistory
from key_value_service.infrastructure.db.repositories.tarantool_pair_loader import TarantoolPairLoader
from key_value_service.infrastructure.db.repositories.tarantool_pair_ranges import TarantoolPairRanges
from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import TarantoolPairRepository
from key_value_service.infrastructure.db.repositories.tarantool_transaction_repository import TarantoolTransactionRepository
from key_value_service.infrastructure.db.repositories.tarantool_watch_tickets import TarantoolWatchTickets
from key_value_service.infrastructure.db.stale_calls import ReplicaCalls
from key_value_service.infrastructure.security.remote_key_set import RemoteKeySet
from key_value_service.infrastructure.security.revocation_follower import RevocationFollower
from key_value_service.instruments import describe_store
from key_value_service.presentation.api import json_text
from key_value_service.presentation.api.consistency import Staleness
from key_value_service.presentation.api.controllers import changes, namespaces, statistics, transactions, transfer, watch_tickets
from key_value_service.presentation.api.controllers.pairs import batches, children, history, ranges, single_pair
from key_value_service.presentation.api.cursors import Cursors
from key_value_service.presentation.api.idempotency import IdempotencyRetention
from key_value_service.presentation.api.problem_help import HELP
from key_value_service.presentation.api.problems import PROBLEMS
from key_value_service.presentation.console.site import PATH, ConsoleSite
from key_value_service.statistics import MeasuredStatistics
from shared_kernel.application.availability import StoreUnavailableError
from shared_kernel.composition import SharedInstruments, SharedProvider
from shared_kernel.infrastructure.access_tokens import PublicKeys
from shared_kernel.infrastructure.background import in_background
from shared_kernel.infrastructure.backup_age import BackupAge
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.secret_files import read_secret
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from shared_kernel.infrastructure.tarantool_disk import TarantoolDisk
from shared_kernel.infrastructure.tarantool_replicas import TarantoolReplicas
from shared_kernel.infrastructure.tarantool_statistics import TarantoolStatistics
from shared_kernel.presentation.http.application.assembly import create_http_service
from shared_kernel.presentation.http.application.health import Dependencies, OptionalDependencies
from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.application.pages import DOCUMENTATION
from shared_kernel.presentation.http.routing.client_address import TrustedProxies
from shared_kernel.presentation.http.telemetry.instruments import Counter, Gauge, Instruments
from shared_kernel.tarantool_provider import TarantoolProvider
from shared_kernel.telemetry import NO_TELEMETRY, Telemetry

TARANTOOL_USER = "key_value_service"


class ServiceProvider(Provider):
    """The use cases, and the adapters that they need."""

    scope = Scope.APP

    def __init__(self, telemetry: Telemetry) -> None:
        super().__init__()
        self._telemetry = telemetry

    settings = from_context(Settings)
    use_cases = provide_all(
        WritePairs, ReadPairs, DeletePairs,
        ReadPair, WritePair, PatchPair, DeletePair, SetTimeToLive, IncrementPair, ReadHistory, RestorePair,
        ListPairs, ListChildren, DeleteRange,
        RunTransaction,
        ReadChanges, CreateWatchTicket, RedeemWatchTicket,
        PutNamespace, DeleteNamespace, ShowNamespace, ListNamespaces, MeasureNamespace,
        ExportPairs, ImportPairs,
        ReadStatistics,
    )  # fmt: skip
    pairs = provide(TarantoolPairRepository, provides=PairRepository)
    history = provide(TarantoolPairHistory, provides=PairHistory)
    ranges = provide(TarantoolPairRanges, provides=PairRanges)
    transactions = provide(TarantoolTransactionRepository, provides=TransactionRepository)
    namespaces = provide(TarantoolNamespaceRepository, provides=NamespaceRepository)
    loader = provide(TarantoolPairLoader, provides=PairLoader)
    statistics_source = provide(MeasuredStatistics, provides=StatisticsSource)
    tickets = provide(TarantoolWatchTickets, provides=WatchTickets)

    @provide
    def watch_changes(self, changes: ChangeFeed) -> WatchChanges:
        """Provide the use case with its usual heartbeat."""
        return WatchChanges(changes)

    @provide
    async def changes(self, tarantool: TarantoolConnection) -> AsyncIterator[AnyOf[ChangeTail, ChangeFeed]]:
        """Provide a feed that is followed in the background."""
        tail = ChangeTail(tarantool)
        async with in_background(tail.run()):
            yield tail

    @provide
    async def stale_changes(self, tarantool: TarantoolConnection, staleness: Staleness) -> AsyncIterator[StaleChanges]:
        """Provide the use cases with a feed of their own, which is followed in the background while it is used."""
        tail = ChangeTail(ReplicaCalls(tarantool, staleness.max_seconds))
        async with in_background(tail.run()):
            yield StaleChanges(ReadChanges(tail), WatchChanges(tail))

    @provide
    def staleness(self, settings: Settings) -> Staleness:
        """Provide by how much a stale read may be behind."""
        return Staleness(settings.stale_seconds)

    @provide
    def encode(self) -> Encode:
        """Provide the encoder of values."""
        return json_text.encode

    @provide
    def trusted_proxies(self, settings: Settings) -> TrustedProxies:
        """Provide the proxies of the settings."""
        return settings.proxies

    @provide
    def idempotency_retention(self, settings: Settings) -> IdempotencyRetention:
        """Provide how long answers are kept for repetitions."""
        return IdempotencyRetention(1000 * settings.idempotency_seconds)

    @provide
    def cursors(self, settings: Settings) -> Cursors:
        """Provide cursors sealed with the password for Tarantool: all processes of the service have it."""

        def find_secret() -> str:
            try:
                return read_secret(settings.tarantool_password_file)
            except (OSError, ValueError) as error:
                raise StoreUnavailableError("The database has not been reached yet; try again soon.") from error

        return Cursors(find_secret)

    @provide
    async def keys(self, settings: Settings) -> AsyncIterator[AnyOf[RemoteKeySet, PublicKeys]]:
        """Provide public keys that are refreshed in the background."""
        keys = RemoteKeySet(
            settings.jwks_url,
            refresh_seconds=settings.jwks_refresh_seconds,
            pause_seconds=settings.jwks_pause_seconds,
            trace=self._telemetry.trace_transport,
            ca_file=settings.authorization_ca_file,
        )
        async with in_background(keys.run()):
            yield keys

    @provide
    async def follower(self, settings: Settings, revocations: Revocations) -> AsyncIterator[RevocationFollower]:
        """Provide the follower that fills the revocations in the background."""
        follower = RevocationFollower(
            revocations,
            url=settings.revocations_url,
            token_url=settings.token_url,
            client_id=settings.client_id,
            client_secret_file=settings.client_secret_file,
            tolerated_seconds=settings.revocations_tolerated_seconds,
            is_required=settings.revocations_required,
            trace=self._telemetry.trace_transport,
            ca_file=settings.authorization_ca_file,
        )
        async with in_background(follower.run()):
            yield follower

    @provide
    def dependencies(self, tarantool: TarantoolConnection, keys: RemoteKeySet) -> Dependencies:
        """Provide what the service cannot work without."""
        return Dependencies((tarantool, keys))

    @provide
    def optional_dependencies(
        self, follower: RevocationFollower, tarantool: TarantoolConnection, backup: BackupAge
    ) -> OptionalDependencies:
        """Provide what the service is degraded without."""
        return OptionalDependencies((follower, TarantoolDisk(tarantool), TarantoolReplicas(tarantool), backup))

    @provide
    def instruments(
        self,
        shared: SharedInstruments,
        keys: RemoteKeySet,
        follower: RevocationFollower,
        changes: ChangeTail,
        statistics: TarantoolStatistics,
    ) -> Instruments:
        """Provide what the service measures."""
        return Instruments(
            (
                *shared,
                *describe_store(statistics),
                Gauge("watches_waiting", "Requests that wait for a change", lambda: changes.waiting),
                Counter("idempotent_replays_total", "Requests that got the answer to an earlier one", lambda: REPLAYS.count),
                Gauge("signing_keys", "Public keys that access tokens are verified with", lambda: keys.size, is_shared=True),
                Gauge(
                    "revocations_age_seconds",
                    "Time since the feed of revocations was last read",
                    lambda: follower.age_seconds,
                    is_shared=True,
                ),
            )
        )


def make_container(settings: Settings, telemetry: Telemetry = NO_TELEMETRY) -> AsyncContainer:
    """Return a container with all parts of the service: each begins when it is asked for, and ends when that is closed."""
    return make_async_container(
        TarantoolProvider(settings.tarantool_login(TARANTOOL_USER), READERS, telemetry.tarantool),
        SharedProvider(
            issuer=settings.issuer,
            audience=settings.audience,
            remembered_tokens=settings.remembered_tokens,
            shutdown_delay_seconds=settings.shutdown_delay_seconds,
            backup=BackupAge(settings.backup_status_file, settings.backup_max_age_seconds),
        ),
        ServiceProvider(telemetry),
        context={Settings: settings},
    )


def create_service(settings: Settings, telemetry: Telemetry = NO_TELEMETRY) -> HttpService:
    """Return the service with these settings."""
    release = version("key-value-service")
    console = ConsoleSite.load(settings.console_directory, issuer=settings.issuer, version=release)
    return create_http_service(
        title="key_value_service",
        description="Writes and reads key-value pairs for clients with an access token of authorization_service.",
        version=release,
        controllers=[
            batches.router,
            single_pair.router,
            history.router,
            ranges.router,
            children.router,
            transactions.router,
            changes.watch_router,
            changes.waiting_router,
            watch_tickets.router,
            namespaces.router,
            transfer.router,
            statistics.router,
        ],
        problems=PROBLEMS,
        problem_help=HELP,
        container=make_container(settings, telemetry),
        max_body_bytes=settings.max_body_bytes,
        max_requests_under_way=settings.max_requests_under_way,
        allowed_origins=settings.allowed_origins.split(),
        metrics=settings.metrics,
        proxies=settings.proxies,
        hsts_seconds=settings.hsts_seconds,
        # As browsers reach it; the service itself uses settings.token_url.
        login_url=f"{settings.issuer.rstrip('/')}/token",
        pages=() if console is None else console.routes,
        home=DOCUMENTATION if console is None else PATH,
        parts=telemetry.parts,
    )
