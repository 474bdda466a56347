"""The console script: the service or, with arguments, a command."""

import gc
import sys


def main() -> None:
    """Run the command that the arguments name; without arguments, serve until stopped by a signal."""
    # Imports leave little garbage; looking for it takes a tenth of the start. The service enables the collector once it is ready.
    gc.disable()
    # Imported where needed: a command starts in a fraction of the time that the service takes.
    if len(sys.argv) > 1:
        from authorization_service.presentation.cli.app import app  # noqa: PLC0415

        app()
    else:
        from shared_kernel.open_telemetry.settings import read_environment_file  # noqa: PLC0415

        read_environment_file()
        from authorization_service.main import main as serve  # noqa: PLC0415

        serve()


if __name__ == "__main__":
    main()
