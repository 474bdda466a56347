"""`kv env`."""

import os
from typing import Annotated

import typer

from key_value_cli.connection import open_store
from key_value_cli.options import NamespaceName, ProfileName, RequiredPrefix
from key_value_cli.rendering import to_environment, write_environment
from key_value_cli.subprocesses import become


def env(
    prefix: RequiredPrefix,
    command: Annotated[list[str] | None, typer.Argument(metavar="[-- CMD…]", show_default=False)] = None,
    pristine: Annotated[
        bool, typer.Option("--pristine", help="Without the variables that are there, except PATH and HOME.")
    ] = False,
    namespace: NamespaceName = None,
    profile: ProfileName = None,
) -> None:
    """Run a command with the pairs of a prefix as environment variables: with the prefix db/, db/pool-size becomes POOL_SIZE.

    Without a command, write assignments for a shell.
    """
    with open_store(profile, namespace) as store:
        values = {pair.key.removeprefix(prefix): pair.value for pair in store.scan(prefix)}
    values.pop("", None)  # the key that is the prefix itself has no name
    if not command:
        write_environment(values)
        return
    kept = {name: value for name, value in os.environ.items() if not pristine or name in {"PATH", "HOME"}}
    become(command, kept | to_environment(values))
