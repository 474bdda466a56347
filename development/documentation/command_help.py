"""The pages of the commands, from what their own `--help` is made of."""

from collections.abc import Iterator
from typing import Any

import typer.main

from authorization_service.presentation.cli.app import app as authorization_app
from documentation.markdown import escape, join, make_code, make_table
from key_value_cli.app import app as kv_app
from tarantool_backup.main import make_command

_HELP = {"help", "install_completion", "show_completion"}


def describe_commands() -> dict[str, str]:
    """Return the page of each command, by the command's name."""
    guides = {
        "kv": (typer.main.get_command(kv_app), "The guide, with examples, is [The command kv](../kv.md)."),
        "authorization-service": (
            typer.main.get_command(authorization_app),
            "The guide, with examples, is [The command line](../command_line.md).",
        ),
        "backup": (make_command(), "The guide, with examples, is [Back up and restore](../backups.md)."),
    }
    return {name: _describe_command(name, command, guide) for name, (command, guide) in guides.items()}


def _describe_command(name: str, command: Any, guide: str) -> str:
    sections = [f"# {name}: all commands", _describe_text(command.help), guide]
    for path, context, each in _walk(command, command.make_context(name, [], resilient_parsing=True), name):
        sections += _describe_one(path, context, each)
    return join(*sections)


def _walk(command: Any, context: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield a command and all below it, with their paths and contexts; a group only where it is the first."""
    if not hasattr(command, "list_commands"):
        yield path, context, command
        return
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        inner = below.make_context(name, [], parent=context, resilient_parsing=True)
        yield from _walk(below, inner, f"{path} {name}")


def _describe_one(path: str, context: Any, command: Any) -> list[str]:
    usage = " ".join(command.collect_usage_pieces(context))
    records = [
        (parameter.param_type_name, record)
        for parameter in command.get_params(context)
        if parameter.name not in _HELP and (record := parameter.get_help_record(context))
    ]
    return [
        f"## {path}",
        _describe_text(command.help),
        f"```text\n{path} {usage}\n```",
        make_table(("argument", ""), _list(records, "argument")),
        make_table(("option", ""), _list(records, "option")),
    ]


def _list(records: list[tuple[str, tuple[str, str]]], kind: str) -> Iterator[tuple[str, str]]:
    for name, (synopsis, meaning) in records:
        if name == kind:
            yield make_code(synopsis), escape(meaning)


def _describe_text(text: str | None) -> str:
    """Return a help text as paragraphs; one that begins with \\b keeps its lines."""
    paragraphs = (text or "").replace("\r", "").split("\n\n")
    return "\n\n".join(
        f"```text\n{each.removeprefix(chr(8)).strip(chr(10))}\n```" if each.startswith("\b") else escape(" ".join(each.split()))
        for each in paragraphs
    )
