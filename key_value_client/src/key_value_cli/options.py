"""Arguments and options that commands have in common."""

import enum
from typing import Annotated

import typer

from key_value_cli.completion import complete_keys, complete_namespaces, complete_profiles
from key_value_cli.output import Output


class PairOutput(str, enum.Enum):
    """What `kv get` writes instead of values."""

    JSON = "json"
    TABLE = "table"
    ENV = "env"


ProfileName = Annotated[
    str | None,
    typer.Option(
        "--profile",
        "-p",
        metavar="NAME",
        envvar="KV_PROFILE",
        help="Profile; the current one if absent.",
        autocompletion=complete_profiles,
    ),
]
NamespaceName = Annotated[
    str | None,
    typer.Option(
        "--namespace",
        "-n",
        metavar="NAME",
        envvar="KV_NAMESPACE",
        help="Namespace; the profile's if absent.",
        autocompletion=complete_namespaces,
    ),
]
Key = Annotated[str, typer.Argument(metavar="KEY", show_default=False, autocompletion=complete_keys)]
Keys = Annotated[list[str], typer.Argument(metavar="KEY…", show_default=False, autocompletion=complete_keys)]
OptionalKeys = Annotated[list[str] | None, typer.Argument(metavar="KEY…", show_default=False, autocompletion=complete_keys)]
Prefix = Annotated[
    str, typer.Argument(metavar="[PREFIX]", help="Beginning of the keys.", show_default=False, autocompletion=complete_keys)
]
RequiredPrefix = Annotated[
    str, typer.Argument(metavar="PREFIX", help="Beginning of the keys.", show_default=False, autocompletion=complete_keys)
]
NamespaceArgument = Annotated[str, typer.Argument(metavar="NAME", show_default=False, autocompletion=complete_namespaces)]
OptionalNamespace = Annotated[
    str | None, typer.Argument(metavar="[NAME]", show_default=False, envvar="KV_NAMESPACE", autocompletion=complete_namespaces)
]
ProfileArgument = Annotated[str, typer.Argument(metavar="NAME", show_default=False, autocompletion=complete_profiles)]
OutputFormat = Annotated[Output | None, typer.Option("--output", help="json: one object a line.", show_default=False)]
Confirmed = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
TimeToLive = Annotated[
    str | None,
    typer.Option(
        "--ttl", metavar="DURATION", help="Time to live: seconds, or 90s, 15m, 12h, 7d; never: none.", show_default=False
    ),
]
IfRevision = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="Only if the pair has this revision; 0: if there is none.", show_default=False),
]
IfAbsent = Annotated[bool, typer.Option("--if-absent", help="Only if there is no pair.")]
