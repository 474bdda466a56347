"""The service: its parts beside the core, its controllers, and how they are put together."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from urllib.parse import urlsplit
from uuid import uuid4

from dishka import AnyOf, AsyncContainer, Provider, Scope, provide, provide_all

from authorization_service.application.auth.access_token_issuer import AccessTokenIssuer, AccessTokenLifetime
from authorization_service.application.auth.authenticate import AuthenticateByPassword, AuthenticateBySecondFactor
from authorization_service.application.auth.authenticate_by_passkey import AuthenticateByPasskey, BeginPasskeyLogin
from authorization_service.application.auth.begin_confirmation import BeginConfirmation
from authorization_service.application.auth.check_second_factor import CheckSecondFactor, SecondFactorAttempts
from authorization_service.application.auth.confirm_identity import ConfirmIdentity
from authorization_service.application.auth.log_in import LogIn, LogInByPasskey, LogInBySecondFactor, OpenSession
from authorization_service.application.authorize.authorize import Authorize, OwnAddresses
from authorization_service.application.authorize.code_repository import CodeRepository
from authorization_service.application.authorize.id_token_issuer import IdTokenIssuer, IdTokenReader
from authorization_service.application.authorize.push_request import BeginPushedRequest, PushRequest
from authorization_service.application.authorize.pushed_request_repository import PushedRequestRepository
from authorization_service.application.authorize.read_request import ReadRequest
from authorization_service.application.authorize.redeem_code import RedeemCode
from authorization_service.application.client.authenticate_client import AuthenticateClient
from authorization_service.application.client.client_repository import ClientRepository
from authorization_service.application.client.console import CONSOLE, make_console_application
from authorization_service.application.client.ensure_client import (
    COMMAND,
    COMMAND_APPLICATION,
    EnsureFirstPartyClients,
    EnsureKeyValueClient,
)
from authorization_service.application.client.log_in_client import LogInClient
from authorization_service.application.clock import Now
from authorization_service.application.consent.consent_repository import ConsentRepository
from authorization_service.application.consent.consents import GiveConsent, ListConsents, WithdrawConsent
from authorization_service.application.device.device_repository import DeviceRepository
from authorization_service.application.device.sign_in_devices import (
    BeginDevice,
    DecideAboutDevice,
    FindDevice,
    RedeemDeviceCode,
)
from authorization_service.application.factor.challenge_repository import ChallengeRepository
from authorization_service.application.factor.enrol_passkey import BeginPasskeyEnrolment, ConfirmPasskeyEnrolment
from authorization_service.application.factor.enrol_totp import BeginTotpEnrolment, ConfirmTotpEnrolment
from authorization_service.application.factor.factor_repository import FactorRepository
from authorization_service.application.factor.manage_factors import ListFactors, RemoveFactor, ReplaceRecoveryCodes
from authorization_service.application.factor.passkeys import PasskeyVerifier
from authorization_service.application.factor.totp_secrets import SecretSealer, TotpVerifier
from authorization_service.application.grant.explain_access import ExplainAccess
from authorization_service.application.key.ensure_key import EnsureSigningKey
from authorization_service.application.key.signing_key_repository import SigningKeyRepository
from authorization_service.application.logout.logout_notice_repository import LogoutNoticeRepository
from authorization_service.application.logout.tell_client import TellClient
from authorization_service.application.revocation.follow_revocations import FollowRevocations, RevocationFeed
from authorization_service.application.session.administer_sessions import ListSessionsOfUser, LogOutUser
from authorization_service.application.session.end_sessions import EndSession, LogOut, LogOutEverywhere
from authorization_service.application.session.find_token import AccessTokenInspector, IntrospectToken, RevokeToken
from authorization_service.application.session.list_sessions import ListSessions
from authorization_service.application.session.refresh_session import RefreshSession
from authorization_service.application.session.session_repository import SessionRepository
from authorization_service.application.sign_in.browser_session_repository import BrowserSessionRepository
from authorization_service.application.sign_in.read_logout import ReadLogout
from authorization_service.application.sign_in.sign_in import SignIn, SignInBySecondFactor
from authorization_service.application.user.change_password import ChangePassword
from authorization_service.application.user.change_profile import ChangeProfile
from authorization_service.application.user.delete_me import DeleteMe
from authorization_service.application.user.describe_user import DescribeUser
from authorization_service.application.user.ensure_administrator import EnsureAdministrator
from authorization_service.application.user.register_oneself import RegisterOneself
from authorization_service.application.user.register_user import RegisterUser
from authorization_service.application.user.show_user import ShowUser
from authorization_service.application.user.user_repository import UserRepository
from authorization_service.composition.core import make_core_container
from authorization_service.composition.instruments import describe_accounts
from authorization_service.config import Settings
from authorization_service.domain.attempts import SECOND_FACTOR_POLICY
from authorization_service.domain.entities.session import SessionPolicy
from authorization_service.domain.value_objects.allowed_addresses import AllowedAddresses
from authorization_service.infrastructure.back_channel import HttpLogoutSender
from authorization_service.infrastructure.client_telling import ClientTelling
from authorization_service.infrastructure.db.repositories.revoked_sessions import RevokedSessions
from authorization_service.infrastructure.db.repositories.tarantool_attempt_repository import TarantoolAttemptRepository
from authorization_service.infrastructure.db.repositories.tarantool_browser_session_repository import (
    TarantoolBrowserSessionRepository,
)
from authorization_service.infrastructure.db.repositories.tarantool_challenge_repository import TarantoolChallengeRepository
from authorization_service.infrastructure.db.repositories.tarantool_code_repository import TarantoolCodeRepository
from authorization_service.infrastructure.db.repositories.tarantool_consent_repository import TarantoolConsentRepository
from authorization_service.infrastructure.db.repositories.tarantool_device_repository import TarantoolDeviceRepository
from authorization_service.infrastructure.db.repositories.tarantool_logout_notice_repository import (
    TarantoolLogoutNoticeRepository,
)
from authorization_service.infrastructure.db.repositories.tarantool_pushed_request_repository import (
    TarantoolPushedRequestRepository,
)
from authorization_service.infrastructure.db.repositories.tarantool_session_repository import TarantoolSessionRepository
from authorization_service.infrastructure.db.revocation_tail import RevocationTail
from authorization_service.infrastructure.provisioning import Provisioning, RequiredProvisionings
from authorization_service.infrastructure.security.argon2_password_hasher import Argon2PasswordHasher
from authorization_service.infrastructure.security.factor_key import FernetSealer
from authorization_service.infrastructure.security.fido2_passkeys import Fido2PasskeyVerifier
from authorization_service.infrastructure.security.jwt_access_token_inspector import JwtAccessTokenInspector
from authorization_service.infrastructure.security.jwt_access_token_issuer import JwtAccessTokenIssuer
from authorization_service.infrastructure.security.jwt_id_tokens import JwtIdTokens
from authorization_service.infrastructure.security.jwt_logout_tokens import JwtLogoutTokens
from authorization_service.infrastructure.security.key_files import KeyFiles
from authorization_service.infrastructure.security.key_ring import KeyRing
from authorization_service.infrastructure.security.provided_secrets import read_or_make_client_secret, read_or_make_password
from authorization_service.infrastructure.security.totp_codes import PyotpTotpVerifier
from authorization_service.presentation.api.controllers import (
    access,
    administration,
    clients,
    devices,
    events,
    factors,
    grants,
    groups,
    keys,
    login,
    me,
    oauth,
    policies,
    pushed_requests,
    revocations,
    sessions,
    signing_keys,
    user_sessions,
    users,
)
from authorization_service.presentation.api.controllers.keys import Cacheable, PublishedKeys
from authorization_service.presentation.api.oauth import Issuer
from authorization_service.presentation.api.problem_help import HELP
from authorization_service.presentation.api.problems import PROBLEMS
from authorization_service.presentation.pages.account_view import AccountView
from authorization_service.presentation.pages.controllers import (
    account,
    account_deletion,
    account_factors,
    account_profile,
    authorize,
    passkey_sign_in,
    sign_in,
    sign_out,
    styles,
)
from authorization_service.presentation.pages.controllers import devices as device_pages
from authorization_service.presentation.pages.visitor import FindVisitor
from shared_kernel.composition import SharedInstruments, SharedProvider
from shared_kernel.infrastructure.access_tokens import PublicKeys
from shared_kernel.infrastructure.background import in_background
from shared_kernel.infrastructure.backup_age import BackupAge
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from shared_kernel.infrastructure.tarantool_disk import TarantoolDisk
from shared_kernel.infrastructure.tarantool_replicas import TarantoolReplicas
from shared_kernel.infrastructure.tarantool_statistics import TarantoolStatistics
from shared_kernel.presentation.http.application.assembly import create_http_service
from shared_kernel.presentation.http.application.health import Dependencies, OptionalDependencies
from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.routing.client_address import TrustedProxies
from shared_kernel.presentation.http.telemetry.instruments import Gauge, Instruments
from shared_kernel.telemetry import NO_TELEMETRY, Telemetry

REMEMBERED_TOKENS = 1000
MAX_CACHED = 300  # seconds

CONTROLLERS = (
    users.router,
    login.router,
    sessions.router,
    me.router,
    factors.router,
    administration.router,
    policies.router,
    groups.router,
    user_sessions.router,
    grants.router,
    access.router,
    signing_keys.router,
    revocations.router,
    keys.router,
    clients.router,
    oauth.token_router,
    oauth.router,
    oauth.metadata_router,
    devices.router,
    pushed_requests.router,
    events.router,
    authorize.router,
    sign_in.router,
    sign_out.router,
    styles.router,
    device_pages.router,
    account.router,
    account_profile.router,
    account_factors.router,
    account_deletion.router,
    passkey_sign_in.router,
)


class ServiceProvider(Provider):
    """Sessions, tokens, background work, and what the HTTP interface needs. One of each per process."""

    scope = Scope.APP

    def __init__(self, telemetry: Telemetry) -> None:
        super().__init__()
        self._telemetry = telemetry

    sessions = provide(TarantoolSessionRepository, provides=SessionRepository)
    challenges = provide(TarantoolChallengeRepository, provides=ChallengeRepository)
    totp = provide(PyotpTotpVerifier, provides=TotpVerifier)
    consents = provide(TarantoolConsentRepository, provides=ConsentRepository)
    devices = provide(TarantoolDeviceRepository, provides=DeviceRepository)
    codes = provide(TarantoolCodeRepository, provides=CodeRepository)
    notices = provide(TarantoolLogoutNoticeRepository, provides=LogoutNoticeRepository)
    pushed = provide(TarantoolPushedRequestRepository, provides=PushedRequestRepository)
    revoked_sessions = provide(RevokedSessions)
    inspector = provide(JwtAccessTokenInspector, provides=AccessTokenInspector)

    use_cases = provide_all(
        CheckSecondFactor, ConfirmIdentity, BeginConfirmation, AuthenticateByPassword, AuthenticateBySecondFactor,
        AuthenticateByPasskey, BeginPasskeyLogin, BeginPasskeyEnrolment,
        LogIn, LogInByPasskey, LogInBySecondFactor, OpenSession,
        RefreshSession, ListSessions, EndSession, LogOut, LogOutEverywhere, ListSessionsOfUser, LogOutUser,
        AuthenticateClient, LogInClient, IntrospectToken, RevokeToken,
        ShowUser, ChangeProfile, ChangePassword, DeleteMe,
        ListFactors, RemoveFactor, ReplaceRecoveryCodes,
        FindVisitor, AccountView, account_factors.AskForConfirmation,
        FollowRevocations, ExplainAccess,
        EnsureSigningKey,
        SignIn, SignInBySecondFactor, ReadLogout, ReadRequest, Authorize, RedeemCode, DescribeUser,
        PushRequest, BeginPushedRequest,
        GiveConsent, ListConsents, WithdrawConsent,
        BeginDevice, FindDevice, DecideAboutDevice, RedeemDeviceCode,
    )  # fmt: skip

    @provide
    def second_factor_attempts(self, settings: Settings, tarantool: TarantoolConnection) -> SecondFactorAttempts:
        """Provide counters with the limits of codes."""
        policy = replace(SECOND_FACTOR_POLICY, per_address=settings.attempts_per_address)
        return TarantoolAttemptRepository(tarantool, policy, queue=settings.password_hashing_queue)

    @provide
    def sealer(self, settings: Settings) -> SecretSealer:
        """Provide the sealer with the keys of the settings."""
        return FernetSealer.load(settings.factor_key_file)

    @provide
    def register_oneself(self, settings: Settings, register: RegisterUser) -> RegisterOneself:
        """Provide the use case, open or closed as the settings have it."""
        return RegisterOneself(register, is_open=settings.registration == "open")

    @provide
    def begin_totp_enrolment(
        self,
        issuer: Issuer,
        users: UserRepository,
        confirm: ConfirmIdentity,
        factors: FactorRepository,
        challenges: ChallengeRepository,
        sealer: SecretSealer,
    ) -> BeginTotpEnrolment:
        """Provide the use case with the name that an app shows beside its codes: the issuer's host."""
        return BeginTotpEnrolment(users, confirm, factors, challenges, sealer, urlsplit(issuer).hostname or issuer)

    @provide
    def confirm_totp_enrolment(
        self,
        factors: FactorRepository,
        challenges: ChallengeRepository,
        sealer: SecretSealer,
        verifier: TotpVerifier,
        now: Now,
    ) -> ConfirmTotpEnrolment:
        """Provide the use case with random ids."""
        return ConfirmTotpEnrolment(factors, challenges, sealer, verifier, uuid4, now)

    @provide
    def passkeys(self, settings: Settings) -> PasskeyVerifier:
        """Provide the verifier for the origin of the settings."""
        return Fido2PasskeyVerifier(settings.passkey_origin or settings.issuer)

    @provide
    def confirm_passkey_enrolment(
        self, factors: FactorRepository, challenges: ChallengeRepository, passkeys: PasskeyVerifier, now: Now
    ) -> ConfirmPasskeyEnrolment:
        """Provide the use case with random ids."""
        return ConfirmPasskeyEnrolment(factors, challenges, passkeys, uuid4, now)

    @provide
    def session_policy(self, settings: Settings, token_lifetime: AccessTokenLifetime) -> SessionPolicy:
        """Provide the policy of the settings."""
        return SessionPolicy(
            idle=timedelta(seconds=settings.session_idle_seconds),
            absolute=timedelta(seconds=settings.session_seconds),
            access_token=token_lifetime,
            max_sessions=settings.sessions_per_user,
            refresh_grace=timedelta(seconds=settings.refresh_grace_seconds),
        )

    @provide
    async def revocation_tail(
        self, tarantool: TarantoolConnection, revocations: Revocations
    ) -> AsyncIterator[AnyOf[RevocationTail, RevocationFeed]]:
        """Provide the feed, which fills the revocations in the background."""
        tail = RevocationTail(tarantool, revocations)
        async with in_background(tail.run()):
            yield tail

    @provide
    async def client_telling(
        self, notices: LogoutNoticeRepository, keys: KeyRing, settings: Settings, now: Now
    ) -> AsyncIterator[ClientTelling]:
        """Tell clients of logouts in the background."""
        allowed = AllowedAddresses.parse(settings.logout_networks)
        sender = HttpLogoutSender(allowed, trace=self._telemetry.trace_foreign_transport)
        tell = TellClient(notices, JwtLogoutTokens(keys, now, settings.issuer), sender)
        telling = ClientTelling(notices, tell, keys.is_available)
        async with in_background(telling.run()):
            yield telling

    @provide
    async def key_ring(
        self, keys: SigningKeyRepository, files: KeyFiles, now: Now
    ) -> AsyncIterator[AnyOf[KeyRing, PublicKeys, PublishedKeys]]:
        """Provide the keys, which are refreshed in the background."""
        ring = KeyRing(keys, files, now)
        async with in_background(ring.run()):
            yield ring

    @provide
    async def provisionings(
        self,
        settings: Settings,
        ensure_key: EnsureSigningKey,
        users: UserRepository,
        register: RegisterUser,
        clients: ClientRepository,
        now: Now,
    ) -> AsyncIterator[RequiredProvisionings]:
        """Create in the background what a first start has to."""
        read_password = partial(read_or_make_password, settings.administrator_password_file)
        read_secret = partial(read_or_make_client_secret, settings.key_value_client_secret_file)
        ensure_administrator = EnsureAdministrator(users, register, settings.administrator_username, read_password)
        administrator = Provisioning("administrator", ensure_administrator)
        client = Provisioning("client", EnsureKeyValueClient(clients, now, read_secret))
        applications = {COMMAND: COMMAND_APPLICATION}
        if settings.consoles:
            applications[CONSOLE] = make_console_application(settings.consoles)
        first_party = Provisioning("first-party clients", EnsureFirstPartyClients(clients, now, applications))
        # Not required itself: KeyRing is a dependency, and available with a key, whichever process created it.
        signing_key = Provisioning("signing key", ensure_key)
        async with in_background(signing_key.run(), administrator.run(), client.run(), first_party.run()):
            yield RequiredProvisionings((administrator, client, first_party))

    @provide
    def own_addresses(self, settings: Settings) -> OwnAddresses:
        """Provide the addresses of the console."""
        return OwnAddresses(frozenset(settings.consoles))

    @provide
    def issuer(self, settings: Settings, keys: KeyRing) -> AccessTokenIssuer:
        """Provide an issuer of tokens as the settings describe them."""
        return JwtAccessTokenIssuer(
            keys, issuer=settings.issuer, audience=settings.audience, lifetime=settings.access_token_seconds
        )

    @provide
    def id_tokens(
        self, settings: Settings, current: KeyRing, keys: PublicKeys, now: Now
    ) -> AnyOf[JwtIdTokens, IdTokenIssuer, IdTokenReader]:
        """Provide ID tokens, which are valid as long as access tokens are."""
        return JwtIdTokens(current, keys, now, issuer=settings.issuer, lifetime=settings.access_token_seconds)

    @provide
    def browser_sessions(
        self, settings: Settings, tarantool: TarantoolConnection, revoked: RevokedSessions
    ) -> BrowserSessionRepository:
        """Provide the repository with the lifetime of the settings."""
        lifetime = timedelta(seconds=settings.browser_session_seconds)
        return TarantoolBrowserSessionRepository(tarantool, revoked, lifetime, settings.sessions_per_user)

    @provide
    def cacheable(self, settings: Settings) -> Cacheable:
        """Provide half the time for which a key is published before it signs, at most MAX_CACHED."""
        return Cacheable(min(MAX_CACHED, settings.key_publication_seconds // 2))

    @provide
    def issuer_identifier(self, settings: Settings) -> Issuer:
        """Provide the issuer of the settings."""
        return Issuer(settings.issuer)

    @provide
    def trusted_proxies(self, settings: Settings) -> TrustedProxies:
        """Provide the proxies of the settings."""
        return settings.proxies

    @provide
    def dependencies(
        self,
        tarantool: TarantoolConnection,
        provisionings: RequiredProvisionings,
        revocations: RevocationTail,
        keys: KeyRing,
        telling: ClientTelling,  # noqa: ARG002 - it begins with the service
    ) -> Dependencies:
        """Provide what the service cannot work without."""
        return Dependencies((tarantool, *provisionings, revocations, keys))

    @provide
    def optional_dependencies(self, tarantool: TarantoolConnection, backup: BackupAge) -> OptionalDependencies:
        """Provide what the service is degraded without."""
        return OptionalDependencies((TarantoolDisk(tarantool), TarantoolReplicas(tarantool), backup))

    @provide
    def instruments(
        self, shared: SharedInstruments, hasher: Argon2PasswordHasher, keys: KeyRing, statistics: TarantoolStatistics
    ) -> Instruments:
        """Provide what the service measures."""
        return Instruments(
            (
                *shared,
                *describe_accounts(statistics),
                Gauge("passwords_waiting", "Passwords that wait to be hashed", lambda: hasher.waiting),
                Gauge("signing_keys", "Published public keys", keys.__len__, is_shared=True),
            )
        )


def make_container(settings: Settings, telemetry: Telemetry = NO_TELEMETRY) -> AsyncContainer:
    """Return a container with all parts of the service: each begins when it is asked for, and ends when that is closed."""
    shared = SharedProvider(
        issuer=settings.issuer,
        audience=settings.audience,
        remembered_tokens=REMEMBERED_TOKENS,
        shutdown_delay_seconds=settings.shutdown_delay_seconds,
        backup=BackupAge(settings.backup_status_file, settings.backup_max_age_seconds),
    )
    return make_core_container(settings, shared, ServiceProvider(telemetry), connection=telemetry.tarantool)


def create_service(settings: Settings, telemetry: Telemetry = NO_TELEMETRY) -> HttpService:
    """Return the service with these settings."""
    return create_http_service(
        title="authorization_service",
        description="Registers users, logs them in and issues the access tokens that key_value_service verifies by itself.",
        version=version("authorization-service"),
        controllers=CONTROLLERS,
        problems=PROBLEMS,
        problem_help=HELP,
        container=make_container(settings, telemetry),
        max_body_bytes=settings.max_body_bytes,
        max_requests_under_way=settings.max_requests_under_way,
        allowed_origins=settings.origins,
        metrics=settings.metrics,
        login_url="/token",
        proxies=settings.proxies,
        parts=telemetry.parts,
        hsts_seconds=settings.hsts_seconds,
    )
