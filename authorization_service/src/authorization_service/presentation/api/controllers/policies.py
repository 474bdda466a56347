"""What administrators decide for everybody."""

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, Field

from authorization_service.application.auth.second_factor_policy import ChangeSecondFactorPolicy, ShowSecondFactorPolicy
from authorization_service.domain.exceptions import AdministratorRequiredError
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body import Body
from shared_kernel.presentation.http.routing.direct_route import raises

router = APIRouter(tags=["administration"], route_class=Operation)

_DESCRIPTION = "Whether sessions that were opened without a second factor allow no administration"


class PolicyResponse(BaseModel):
    """What holds for all users."""

    administrators_need_second_factor: bool = Field(description=_DESCRIPTION)


class ChangePolicyBody(Body):
    """What is to hold for all users."""

    administrators_need_second_factor: bool = Field(description=_DESCRIPTION)


@router.get("/policy")
@raises(AdministratorRequiredError, StoreUnavailableError)
async def show_policy(caller: Authenticated, use_case: FromDishka[ShowSecondFactorPolicy]) -> PolicyResponse:
    """Show the policy. Requires an administrator."""
    return PolicyResponse(administrators_need_second_factor=await use_case(caller))


@router.put("/policy", status_code=204)
@raises(AdministratorRequiredError, StoreUnavailableError, StoreFullError)
async def change_policy(body: ChangePolicyBody, caller: Authenticated, use_case: FromDishka[ChangeSecondFactorPolicy]) -> None:
    """Change the policy. It holds at once: administrators refresh their tokens. Requires an administrator."""
    await use_case(caller, is_needed=body.administrators_need_second_factor)
