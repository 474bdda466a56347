"""`coffee`: run the application or a worker of its task queue, apply or revert its migrations, add demonstration data."""

import argparse
import asyncio
import sys

from pydantic import ValidationError

from coffee.core.config import Settings
from key_value_client import KeyValueError


def main() -> None:
    """Run a command. Errors are one line on stderr, and exit with 1."""
    parser = argparse.ArgumentParser(prog="coffee", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="serve the page and the interface")
    commands.add_parser("worker", help="handle tasks: write notifications")
    reach = commands.add_parser("init-db", help="bring the data to the newest version, or to another one")
    reach.add_argument("--to", type=int, default=None, metavar="VERSION", help="0 takes everything back")
    seed = commands.add_parser("seed-data", help="add demonstration coffees with reviews and rooms")
    seed.add_argument("--coffees", type=int, default=60)
    seed.add_argument("--reviews", type=int, default=5, help="of each coffee")
    arguments = parser.parse_args()
    try:
        settings = Settings()
        settings.read_client_secret()
        _run(settings, arguments)
    except ValidationError as error:
        first = error.errors()[0]
        sys.exit(f"COFFEE_{'_'.join(map(str, first['loc'])).upper()}: {first['msg']}")
    except (KeyValueError, ValueError, OSError) as error:
        sys.exit(f"coffee: {error}")


def _run(settings: Settings, arguments: argparse.Namespace) -> None:
    # A worker needs no web framework, and a wrong setting nothing at all: each command imports what it runs.
    match arguments.command:
        case "run":
            import uvicorn  # noqa: PLC0415

            from coffee.main import create_app  # noqa: PLC0415

            uvicorn.run(create_app(settings), host=settings.host, port=settings.port)
        case "worker":
            from coffee.scripts.run_celery_worker import run_celery_worker  # noqa: PLC0415

            run_celery_worker(settings)
        case "init-db":
            from coffee.scripts.init_db import init_db  # noqa: PLC0415

            print(f"the data have version {asyncio.run(init_db(settings, arguments.to))}")  # noqa: T201
        case _:
            from coffee.scripts.seed_data import seed_data  # noqa: PLC0415

            print(asyncio.run(seed_data(settings, arguments.coffees, arguments.reviews)))  # noqa: T201


if __name__ == "__main__":
    main()
