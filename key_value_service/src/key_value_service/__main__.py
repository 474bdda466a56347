"""The console script."""

import argparse
import gc
from importlib.metadata import version


def main() -> None:
    """Serve until SIGTERM or SIGINT. Settings come from the environment and `.env`; no argument replaces one."""
    # Imports leave little garbage; looking for it takes a tenth of the start. The service enables the collector once it is ready.
    gc.disable()
    parser = argparse.ArgumentParser(
        prog="key-value-service",
        description="Serve. Settings KEY_VALUE_* are read from the environment and `.env`.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('key-value-service')}")
    parser.parse_args()
    # Imported here, so that --version and --help need not wait for it.
    from shared_kernel.open_telemetry.settings import read_environment_file  # noqa: PLC0415

    read_environment_file()
    from key_value_service.main import main as serve  # noqa: PLC0415

    serve()
