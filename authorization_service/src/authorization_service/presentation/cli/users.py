"""Commands for users."""

from typing import Annotated

import typer

from authorization_service.application.auth.require_administrator import OPERATOR
from authorization_service.application.factor.manage_factors import RemoveFactorsOfUser
from authorization_service.application.user.administer_user import AdministerUser, AdministerUserRequest
from authorization_service.application.user.delete_user import DeleteUser, DeleteUserRequest
from authorization_service.application.user.find_user import FindUser
from authorization_service.application.user.list_users import ListUsers, ListUsersRequest
from authorization_service.application.user.register_user import RegisterUser, RegisterUserRequest
from authorization_service.application.user.reset_password import ResetPassword, ResetPasswordRequest
from authorization_service.application.user.unlock_user import UnlockUser
from authorization_service.domain.entities.user import Role, User
from authorization_service.presentation.cli.output import After, AsJson, Confirmed, Limit, Row, confirm, show_row, show_rows
from authorization_service.presentation.cli.running import run
from authorization_service.presentation.cli.secrets import GeneratePassword, PasswordFile, read_password

app = typer.Typer(help="Users.", no_args_is_help=True)

Username = Annotated[str, typer.Argument(metavar="USERNAME", show_default=False)]
FirstName = Annotated[str, typer.Option()]
LastName = Annotated[str, typer.Option(help="May be empty: some people have none.")]
COLUMNS = ("username", "role", "is_enabled", "first_name", "last_name", "created_at")


@app.command("create")
def create_user(
    username: Username,
    first_name: FirstName,
    last_name: LastName = "",
    password_file: PasswordFile = None,
    generate: GeneratePassword = False,
    as_json: AsJson = False,
) -> None:
    """Create a user, also where registration is closed."""
    _register(
        RegisterUserRequest(username, read_password(password_file, generate=generate), first_name, last_name or None),
        shows_password=generate,
        as_json=as_json,
    )


@app.command("create-admin")
def create_administrator(
    username: Username,
    first_name: FirstName = "Store",
    last_name: LastName = "Administrator",
    password_file: PasswordFile = None,
    generate: GeneratePassword = False,
    as_json: AsJson = False,
) -> None:
    """Create an administrator."""
    password = read_password(password_file, generate=generate)
    request = RegisterUserRequest(username, password, first_name, last_name or None, Role.ADMINISTRATOR)
    _register(request, shows_password=generate, as_json=as_json)


@app.command("list")
def list_users(
    prefix: Annotated[str, typer.Option(help="Beginning of the usernames, in any case.")] = "",
    limit: Limit = 100,
    after: After = "",
    as_json: AsJson = False,
) -> None:
    """List users, ordered by username."""
    found = run(ListUsers, ListUsersRequest(OPERATOR, prefix, after.lower(), limit + 1))
    show_rows([_describe(user) for user in found], COLUMNS, limit=limit, as_json=as_json)


@app.command("show")
def show_user(username: Username, as_json: AsJson = False) -> None:
    """Show a user."""
    show_row(_describe(run(FindUser, OPERATOR, username)), as_json=as_json)


@app.command("disable")
def disable_user(username: Username) -> None:
    """Disable a user. Its sessions end and its tokens are revoked."""
    run(AdministerUser, AdministerUserRequest(OPERATOR, username, is_enabled=False))
    typer.echo(f"{username} is disabled.")


@app.command("enable")
def enable_user(username: Username) -> None:
    """Enable a disabled user."""
    run(AdministerUser, AdministerUserRequest(OPERATOR, username, is_enabled=True))
    typer.echo(f"{username} is enabled.")


@app.command("set-role")
def set_role(username: Username, role: Annotated[Role, typer.Argument(show_default=False)]) -> None:
    """Change the role of a user."""
    run(AdministerUser, AdministerUserRequest(OPERATOR, username, role=role))
    typer.echo(f"{username} is {role}.")


@app.command("unlock")
def unlock_user(username: Username) -> None:
    """Reset the failed login attempts of a user."""
    run(UnlockUser, OPERATOR, username)
    typer.echo(f"{username} is unlocked.")


@app.command("remove-factors")
def remove_factors(username: Username, confirmed: Confirmed = False) -> None:
    """Remove all second factors of a user that has lost them, and its recovery codes: the password alone logs it in."""
    confirm(f"Remove the second factors of {username}?", confirmed=confirmed)
    run(RemoveFactorsOfUser, OPERATOR, username)
    typer.echo(f"{username} has no second factor.")


@app.command("set-password")
def set_password(
    username: Username, password_file: PasswordFile = None, generate: GeneratePassword = False, as_json: AsJson = False
) -> None:
    """Set a new password for a user. Its sessions end and its tokens are revoked."""
    password = read_password(password_file, generate=generate)
    run(ResetPassword, ResetPasswordRequest(username, password))
    if generate or as_json:
        show_row({"username": username} | ({"password": password} if generate else {}), as_json=as_json)
    else:
        typer.echo(f"{username} has a new password.")


@app.command("delete")
def delete_user(username: Username, confirmed: Confirmed = False) -> None:
    """Delete a user with its sessions, memberships and grants."""
    confirm(f"Delete the user {username}?", confirmed=confirmed)
    run(DeleteUser, DeleteUserRequest(OPERATOR, username))
    typer.echo(f"{username} is deleted.")


def _describe(user: User) -> Row:
    return {
        "id": str(user.id),
        "username": user.username.value,
        "first_name": user.first_name.value,
        "last_name": None if user.last_name is None else user.last_name.value,
        "role": user.role.value,
        "is_enabled": user.is_enabled,
        "created_at": user.created_at,
    }


def _register(request: RegisterUserRequest, *, shows_password: bool, as_json: bool) -> None:
    user = run(RegisterUser, request)
    show_row(_describe(user) | ({"password": request.password} if shows_password else {}), as_json=as_json)
