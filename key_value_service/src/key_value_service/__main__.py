"""The console script: the service."""

import gc


def main() -> None:
    """Serve until told to stop."""
    # Imports leave little garbage; looking for it takes a tenth of the start. The service enables the collector once it is ready.
    gc.disable()
    from key_value_service.main import main as serve  # noqa: PLC0415

    serve()


if __name__ == "__main__":
    main()
