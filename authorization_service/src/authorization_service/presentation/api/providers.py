"""What this service is made of beside what its commands are made of, too. Everything lives as long as the process."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

from dishka import AnyOf, Provider, Scope, provide

from authorization_service.application.auth.access_token_issuer import AccessTokenIssuer
from authorization_service.application.auth.log_in import LogIn
from authorization_service.application.revocation.follow_revocations import FollowRevocations, RevocationFeed
from authorization_service.application.session.end_sessions import EndSession, LogOut, LogOutEverywhere
from authorization_service.application.session.list_sessions import ListSessions
from authorization_service.application.session.refresh_session import RefreshSession
from authorization_service.application.session.session_repository import SessionRepository
from authorization_service.application.user.ensure_administrator import EnsureAdministrator
from authorization_service.application.user.register_user import RegisterUser
from authorization_service.application.user.user_repository import UserRepository
from authorization_service.config import Settings
from authorization_service.domain.entities.session import SessionPolicy
from authorization_service.infrastructure.db.repositories.tarantool_session_repository import TarantoolSessionRepository
from authorization_service.infrastructure.db.revocation_tail import RevocationTail
from authorization_service.infrastructure.security.argon2_password_hasher import Argon2PasswordHasher
from authorization_service.infrastructure.security.jwt_access_token_issuer import JwtAccessTokenIssuer
from authorization_service.infrastructure.security.key_ring import KeyRing
from authorization_service.infrastructure.security.provided_secrets import read_or_make_password
from authorization_service.presentation.provisioning import AdministratorProvisioning, ClientProvisioning, Provisioning
from shared_kernel.application.authentication import AccessTokenVerifier
from shared_kernel.infrastructure.access_tokens import JwtAccessTokenVerifier
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from shared_kernel.presentation.http.application.health import Dependencies, OptionalDependencies
from shared_kernel.presentation.http.routing.client_address import TrustedProxies
from shared_kernel.presentation.http.telemetry.metrics import Gauge, Gauges

REMEMBERED_TOKENS = 1000


class ServiceProvider(Provider):
    """Connections, adapters and use cases."""

    scope = Scope.APP

    log_in = provide(LogIn)
    sessions = provide(TarantoolSessionRepository, provides=SessionRepository)
    refresh_session = provide(RefreshSession)
    list_sessions = provide(ListSessions)
    end_session = provide(EndSession)
    log_out = provide(LogOut)
    log_out_everywhere = provide(LogOutEverywhere)
    follow_revocations = provide(FollowRevocations)

    @provide
    def session_policy(self, settings: Settings) -> SessionPolicy:
        """Bound sessions as the settings say."""
        return SessionPolicy(
            idle=timedelta(seconds=settings.session_idle_seconds),
            absolute=timedelta(seconds=settings.session_seconds),
            access_token=timedelta(seconds=settings.access_token_seconds),
            max_sessions=settings.sessions_per_user,
        )

    @provide
    def revocations(self) -> Revocations:
        """Remember what this process knows to be revoked."""
        return Revocations()

    @provide
    async def revocation_tail(
        self, tarantool: TarantoolConnection, revocations: Revocations
    ) -> AsyncIterator[AnyOf[RevocationTail, RevocationFeed]]:
        """Follow the feed as long as the process lives."""
        tail = RevocationTail(tarantool, revocations)
        yield tail
        await tail.close()

    @provide
    def issuer(self, settings: Settings, keys: KeyRing) -> AccessTokenIssuer:
        """Sign tokens as the settings say."""
        return JwtAccessTokenIssuer(
            keys, issuer=settings.issuer, audience=settings.audience, lifetime=settings.access_token_seconds
        )

    @provide
    def verifier(
        self, settings: Settings, keys: KeyRing, revocations: Revocations
    ) -> AnyOf[JwtAccessTokenVerifier, AccessTokenVerifier]:
        """Verify the service's own tokens."""
        return JwtAccessTokenVerifier(
            keys, revocations, issuer=settings.issuer, audience=settings.audience, remembered=REMEMBERED_TOKENS
        )

    @provide
    async def administrator(
        self, settings: Settings, users: UserRepository, register: RegisterUser
    ) -> AsyncIterator[AdministratorProvisioning]:
        """Make the first administrator in the background."""
        provisioning = Provisioning(
            "administrator",
            EnsureAdministrator(
                users,
                register,
                settings.administrator_username,
                partial(read_or_make_password, settings.administrator_password_file),
            ),
        )
        yield AdministratorProvisioning(provisioning)
        await provisioning.close()

    @provide
    def dependencies(
        self,
        tarantool: TarantoolConnection,
        administrator: AdministratorProvisioning,
        client: ClientProvisioning,
        revocations: RevocationTail,
        keys: KeyRing,
    ) -> Dependencies:
        """Name what the service cannot work without."""
        return Dependencies((tarantool, administrator, client, revocations, keys))

    @provide
    def optional_dependencies(self) -> OptionalDependencies:
        """Name nothing: the service works with all of its dependencies or not at all."""
        return OptionalDependencies(())

    @provide
    def trusted_proxies(self, settings: Settings) -> TrustedProxies:
        """Believe the proxies that the settings name."""
        return TrustedProxies.parse(settings.trusted_proxies)

    @provide
    def gauges(
        self, hasher: Argon2PasswordHasher, keys: KeyRing, revocations: Revocations, verifier: JwtAccessTokenVerifier
    ) -> Gauges:
        """Name what is worth watching beside requests."""
        return Gauges(
            (
                Gauge("passwords_waiting", "Passwords that wait to be hashed", lambda: hasher.waiting),
                Gauge("signing_keys", "Public keys that are published", keys.__len__),
                Gauge("revocations", "Sessions and subjects with revoked tokens", revocations.__len__),
                Gauge(
                    "remembered_access_tokens", "Tokens whose signature need not be verified again", lambda: verifier.remembered
                ),
            )
        )
