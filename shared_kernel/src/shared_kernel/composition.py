"""Providers that the compositions of both services have in common. What they provide lives as long as the process."""

from typing import NewType

from dishka import AnyOf, Provider, Scope, provide

from shared_kernel.application.authentication import AccessTokenVerifier
from shared_kernel.infrastructure.access_tokens import JwtAccessTokenVerifier, PublicKeys
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from shared_kernel.presentation.http.application.departure import Departure
from shared_kernel.presentation.http.telemetry.metrics import Gauge

SharedGauges = NewType("SharedGauges", tuple[Gauge, ...])
"""The gauges that both services have."""


class SharedProvider(Provider):
    """Verification of access tokens, gauges, and the delay of shutdowns.

    The service provides the PublicKeys and fills the Revocations.
    """

    scope = Scope.APP

    def __init__(self, *, issuer: str, audience: str, remembered_tokens: int, shutdown_delay_seconds: float) -> None:
        super().__init__()
        self._issuer = issuer
        self._audience = audience
        self._remembered_tokens = remembered_tokens
        self._shutdown_delay_seconds = shutdown_delay_seconds

    @provide
    def departure(self) -> Departure:
        """Provide the delay of shutdowns."""
        return Departure(self._shutdown_delay_seconds)

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
    def gauges(self, revocations: Revocations, verifier: JwtAccessTokenVerifier, tarantool: TarantoolConnection) -> SharedGauges:
        """Provide the gauges, for the service to put into its Gauges."""
        return SharedGauges(
            (
                Gauge("revocations", "Sessions and subjects with revoked tokens", revocations.__len__),
                Gauge(
                    "remembered_access_tokens", "Access tokens whose signature is already verified", lambda: verifier.remembered
                ),
                Gauge(
                    "tarantool_instance",
                    "1 for each Tarantool of the service, by what it was when it was last asked: leader, replica or unreachable",
                    tarantool.describe_instances,
                    labels=("address", "role"),
                ),
                Gauge(
                    "tarantool_replica_reads_total",
                    "Reads that another Tarantool than the leader has answered",
                    lambda: tarantool.replica_reads,
                ),
                Gauge(
                    "tarantool_leader_changes_total",
                    "How often another Tarantool was found to be the leader",
                    lambda: tarantool.leader_changes,
                ),
            )
        )
