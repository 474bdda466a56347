"""The process of `kv`: from arguments to the exit status."""

import gc
import os
import sys
from typing import NoReturn

# Imports make tens of thousands of objects that stay. Looking through these again and again takes a third of a short command.
gc.set_threshold(100_000)

# httpx imports a command line of its own wherever rich is installed, which takes longer than a request.
sys.modules["httpx._main"] = None  # type: ignore[assignment]

import typer  # noqa: E402
import typer.main  # noqa: E402

from key_value_cli.app import COMMANDS, app  # noqa: E402
from key_value_cli.failures import Failure, Status  # noqa: E402
from key_value_cli.harmless import make_harmless  # noqa: E402


def main() -> NoReturn:
    """Run the command that the arguments name, and end the process."""
    # What the caller has closed is None; opened again first, so that no connection gets its number.
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr] # both are text files
    status = _trace(sys.argv[1:]) if _is_traced() else run(sys.argv[1:])
    gc.freeze()  # as above: the end of the process looks through all objects several times
    sys.exit(status)


def _is_traced() -> bool:
    """Return whether OpenTelemetry's variables ask for traces: an exporter or an endpoint is named, and nothing says no."""
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "")
    endpoint = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    is_disabled = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not is_disabled and (exporter == "otlp" or (not exporter and bool(endpoint)))


def _trace(arguments: list[str]) -> int:
    from key_value_cli.tracing import trace  # noqa: PLC0415 - an exporter takes longer to import than a command to run

    # Of the arguments, the name of the command alone: a key follows.
    name = f"kv {arguments[0]}" if arguments and arguments[0] in COMMANDS else "kv"
    return trace(name, lambda: run(arguments))


def run(arguments: list[str]) -> int:
    """Run a command; return its exit status. What ends it is on standard error, in one line."""
    try:
        status: int | None = typer.main.get_command(app).main(arguments, prog_name="kv", standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as error:
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise  # completion has ended
        _discard_output()  # its reader has seen enough
        return Status.DONE
    except (KeyboardInterrupt, typer.Abort):
        return Status.INTERRUPTED
    except typer.TyperException as error:
        return _report(_explain_usage(error.format_message()), error.exit_code)
    except Failure as failure:
        return _report(str(failure), failure.status)
    except Exception as error:
        from key_value_cli.refusals import explain  # noqa: PLC0415 - the library takes a while to import

        explained = explain(error)
        if explained.status is Status.BUG and os.environ.get("KV_TRACEBACK"):
            raise
        if explained.status is Status.FILE:  # perhaps standard output itself
            _discard_output()
        return _report(str(explained), explained.status)
    return status or Status.DONE


def _explain_usage(message: str) -> str:
    message = " ".join(message.split())
    if message.startswith("No such option"):
        message += ". Put -- before a key or value that begins with -"
    return message


def _report(message: str, status: int) -> int:
    sys.stderr.write(make_harmless(f"error: {message}") + "\n")
    return status


def _discard_output() -> None:
    """Send what is still buffered nowhere, so that the end of the process does not fail by it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
