"""What the enrolments of all kinds of second factors have in common."""

from dataclasses import dataclass

from authorization_service.application.factor.factor_repository import FactorRepository
from authorization_service.domain.entities.factor import Factor
from authorization_service.domain.events.factors import FactorAdded
from authorization_service.domain.value_objects.authentication import Authentication, Method, combine
from authorization_service.domain.value_objects.recovery_code import RecoveryCode, new_recovery_codes


@dataclass(frozen=True, slots=True)
class EnrolledFactor:
    """A new factor, and the user's recovery codes if it is the first one."""

    factor: Factor
    recovery_codes: tuple[RecoveryCode, ...]


async def enrol(factors: FactorRepository, factor: Factor, session_id: str, method: Method) -> EnrolledFactor:
    """Store a factor that was just proved in a session. The first one ends all other sessions of the user.

    Raises TooManyFactorsError, PasskeyTakenError, NoSuchUserError, StoreUnavailableError or StoreFullError.
    """
    added = FactorAdded(
        user_id=str(factor.user_id),
        occurred_at=factor.created_at,
        factor_id=str(factor.id),
        kind=factor.kind,
        name=factor.name.value,
    )
    codes = new_recovery_codes()
    authentication = Authentication(factor.created_at, combine([Method.PASSWORD], [method]))
    is_first = await factors.add(factor, session_id, authentication, codes, [added])
    return EnrolledFactor(factor, codes if is_first else ())
