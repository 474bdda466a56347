"""`kv template`."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from key_value_cli.connection import open_store
from key_value_cli.failures import Failure
from key_value_cli.files import replace_file
from key_value_cli.following import follow_pages
from key_value_cli.options import NamespaceName, ProfileName
from key_value_cli.output import dump_json, write_note, write_text
from key_value_cli.subprocesses import run_shell
from key_value_client.client import Namespace
from key_value_client.errors import KeyMissing, KeyValueError, RevisionGone
from key_value_client.values import KEEP, Binary


def template(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Jinja template.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT", help="File to replace; standard output if absent.", show_default=False),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Do it again whenever a pair changes that the template has used.")
    ] = False,
    command: Annotated[
        str | None,
        typer.Option("--exec", metavar="CMD", help="Run this in a shell whenever OUT has changed.", show_default=False),
    ] = None,
    namespace: NamespaceName = None,
    profile: ProfileName = None,
) -> None:
    """Fill in a template: get(KEY[, DEFAULT]) is a value, pairs(PREFIX) values by the rest of their keys, env(NAME) a variable.

    It runs in a sandbox. OUT is replaced as a whole, and only if it changes.
    """
    if command is not None and out is None:
        raise typer.BadParameter("It needs a file.", param_hint="--exec without --out")
    with open_store(profile, namespace) as store:
        page = _Page(file, out, command, store)
        revision = store.stats().revision
        page.write(is_waiting_allowed=watch)
        while watch:
            try:
                for changes in follow_pages(store, page.prefix, revision):
                    revision = changes.last
                    if any(page.uses(change.key) for change in changes.changes):
                        page.write(is_waiting_allowed=True)
                        break  # the template may have used other pairs than before
            except RevisionGone:
                revision = store.stats().revision
                page.write(is_waiting_allowed=True)


@dataclass
class _Page:
    """A template and its output."""

    file: Path
    out: Path | None
    command: str | None
    store: Namespace[Any]
    keys: set[str] = field(default_factory=set)
    prefixes: set[str] = field(default_factory=set)

    @property
    def prefix(self) -> str:
        """What all keys that were used begin with."""
        return os.path.commonprefix([*self.keys, *self.prefixes])  # noqa: RUF071 - of characters, since these are no paths

    def uses(self, key: str) -> bool:
        """Return whether a change of the pair may change the output."""
        return key in self.keys or key.startswith(tuple(self.prefixes))

    def write(self, *, is_waiting_allowed: bool) -> None:
        """Fill in the template, and write it if it has changed. Raises Failure, or says what is missing if waiting is allowed."""
        try:
            content = self._render().encode()
        except KeyMissing as missing:
            if not is_waiting_allowed:
                raise
            write_note(f"waiting: {missing}")
            return
        if self.out is None:
            write_text(content.decode())
            sys.stdout.flush()
            return
        if self.out.is_file() and self.out.read_bytes() == content:
            return
        with replace_file(self.out) as file:
            file.write(content)
        if self.command is not None and (status := run_shell(self.command)) != 0:
            message = f"{self.out} was written, but the command ended with {status}"
            if not is_waiting_allowed:
                raise Failure(message)
            write_note(message)

    def _render(self) -> str:
        environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
        environment.filters["json"] = dump_json
        environment.globals.update(get=self._get, pairs=self._pairs, env=_get_variable)
        self.keys, self.prefixes = set(), set()
        try:
            return environment.from_string(self.file.read_text(encoding="utf-8")).render()
        except KeyValueError:
            raise
        except TemplateSyntaxError as error:
            raise Failure(f"{self.file}:{error.lineno}: {error.message}") from None
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise Failure(f"{self.file}:{_find_line(error)}: {error}") from None

    def _get(self, key: str, default: Any = KEEP) -> Any:
        self.keys.add(key)
        value = self.store.get(key, default)
        return _check_text(key, value)

    def _pairs(self, prefix: str) -> dict[str, Any]:
        self.prefixes.add(prefix)
        return {pair.key.removeprefix(prefix): _check_text(pair.key, pair.value) for pair in self.store.scan(prefix)}


def _check_text(key: str, value: Any) -> Any:
    if isinstance(value, Binary):
        raise Failure(f"The value of {key!r} is binary, which a text cannot have.")
    return value


def _get_variable(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def _find_line(error: BaseException) -> int:
    """Return the line of the template in which an exception was raised."""
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
