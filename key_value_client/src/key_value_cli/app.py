"""The commands of `kv`. A command's module is imported when it is needed: imports are most of what a command costs."""

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
import typer.core
import typer.main

COMMANDS = {
    "login": "login:login",
    "logout": "accounts:logout",
    "whoami": "accounts:whoami",
    "profiles": "accounts:profiles",
    "get": "pairs:get",
    "put": "pairs:put",
    "rm": "removal:rm",
    "ls": "listing:ls",
    "edit": "editing:edit",
    "incr": "pairs:incr",
    "ttl": "pairs:ttl",
    "history": "histories:history",
    "restore": "histories:restore",
    "watch": "watching:watch",
    "lock": "locking:lock",
    "env": "environment:env",
    "template": "templates:template",
    "export": "transfer:export",
    "import": "transfer:import_pairs",
    "copy": "copying:copy",
    "ns": "namespaces:app",
    "stat": "namespaces:stat",
    "probe": "probing:probe",
    "top": "monitoring:top",
}
"""Module and name of each command, or group of commands, in the order of the help."""

MARKUP: Any = "rich" if sys.stderr and sys.stderr.isatty() else None  # no frames, which would fold lines that a program reads


class LazyGroup(typer.core.TyperGroup):
    """The commands above."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        names: dict[str, Any] = dict.fromkeys(COMMANDS)
        self.commands = names  # among which one is looked for that is like a mistyped one

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Import a command; return None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found = getattr(import_module(f"key_value_cli.{module}"), name)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(add_completion=False, rich_markup_mode=MARKUP)
            single.command(cmd_name)(found)
            found = single
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command


app = typer.Typer(
    name="kv",
    cls=LazyGroup,
    help="A key-value store in a shell. Begin with: kv login",
    no_args_is_help=True,
    rich_markup_mode=MARKUP,
    pretty_exceptions_enable=False,
)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version  # noqa: PLC0415 - other commands need not wait for it

        typer.echo(f"kv {version('key-value-client')}")
        raise typer.Exit


@app.callback()
def _add_options(
    _: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass
