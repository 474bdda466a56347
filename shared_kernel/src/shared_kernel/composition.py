"""Providers that the compositions of both services have in common. What they provide lives as long as the process."""

from collections.abc import AsyncIterator
from typing import NewType

from dishka import AnyOf, Provider, Scope, provide

from shared_kernel.application.authentication import AccessTokenVerifier
from shared_kernel.infrastructure.access_tokens import JwtAccessTokenVerifier, PublicKeys
from shared_kernel.infrastructure.background import in_background
from shared_kernel.infrastructure.backup_age import BackupAge
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from shared_kernel.infrastructure.tarantool_statistics import TarantoolStatistics
from shared_kernel.infrastructure.write_coalescing import COALESCED
from shared_kernel.presentation.http.application.departure import Departure
from shared_kernel.presentation.http.server.run import find_shared_folder
from shared_kernel.presentation.http.telemetry.figures import ServiceFigures
from shared_kernel.presentation.http.telemetry.instruments import Counter, Gauge
from shared_kernel.tarantool_instruments import describe_tarantool

SharedInstruments = NewType("SharedInstruments", tuple[Gauge, ...])
"""What both services measure beside their requests."""


class SharedProvider(Provider):
    """Verification of access tokens, instruments, and the delay of shutdowns.

    The service provides the PublicKeys and fills the Revocations.
    """

    scope = Scope.APP

    def __init__(
        self, *, issuer: str, audience: str, remembered_tokens: int, shutdown_delay_seconds: float, backup: BackupAge
    ) -> None:
        super().__init__()
        self._issuer = issuer
        self._audience = audience
        self._remembered_tokens = remembered_tokens
        self._shutdown_delay_seconds = shutdown_delay_seconds
        self._backup = backup

    @provide
    def departure(self) -> Departure:
        """Provide the delay of shutdowns."""
        return Departure(self._shutdown_delay_seconds)

    @provide
    def backup(self) -> BackupAge:
        """Provide the age of the last backup."""
        return self._backup

    @provide
    def revocations(self) -> Revocations:
        """Provide the memory of what is revoked, empty."""
        return Revocations()

    @provide
    def verifier(self, keys: PublicKeys, revocations: Revocations) -> AnyOf[JwtAccessTokenVerifier, AccessTokenVerifier]:
        """Provide a verifier of tokens with this issuer and audience."""
        return JwtAccessTokenVerifier(
            keys, revocations, issuer=self._issuer, audience=self._audience, remembered=self._remembered_tokens
        )

    @provide
    def figures(self) -> ServiceFigures:
        """Provide the figures of all workers, whose instruments the service sets."""
        return ServiceFigures((), find_shared_folder())

    @provide
    async def statistics(self, tarantool: TarantoolConnection) -> AsyncIterator[TarantoolStatistics]:
        """Provide what the Tarantools tell of themselves, asked for in the background."""
        statistics = TarantoolStatistics(tarantool)
        async with in_background(statistics.run()):
            yield statistics

    @provide
    def instruments(
        self,
        revocations: Revocations,
        verifier: JwtAccessTokenVerifier,
        tarantool: TarantoolConnection,
        statistics: TarantoolStatistics,
        backup: BackupAge,
    ) -> SharedInstruments:
        """Provide the instruments, for the service to put among its own."""
        return SharedInstruments(
            (
                Gauge("revocations", "Sessions and subjects with revoked tokens", revocations.__len__, is_shared=True),
                Gauge(
                    "remembered_access_tokens", "Access tokens whose signature is already verified", lambda: verifier.remembered
                ),
                Gauge(
                    "tarantool_instance",
                    "1 for each Tarantool of the service, by what it was when it was last asked: leader, replica or unreachable",
                    tarantool.describe_instances,
                    labels=("address", "role"),
                    is_shared=True,
                ),
                Counter(
                    "tarantool_replica_reads_total",
                    "Reads that another Tarantool than the leader has answered",
                    lambda: tarantool.replica_reads,
                ),
                Counter(
                    "tarantool_leader_changes_total",
                    "How often another Tarantool was found to be the leader",
                    lambda: tarantool.leader_changes,
                ),
                Counter("tarantool_batches_total", "Writes to the socket of a Tarantool", lambda: COALESCED.batches),
                Counter("tarantool_batched_requests_total", "Requests that these have sent", lambda: COALESCED.requests),
                Gauge(
                    "backup_age_seconds", "Since the last backup, where …_BACKUP_STATUS_FILE is set", backup.read, is_shared=True
                ),
                *describe_tarantool(statistics),
            )
        )
