"""`accounts`: run the service or a consumer of its events, apply or revert its migrations, add demonstration data."""

import argparse
import asyncio
import sys

import uvicorn
from pydantic import ValidationError

from accounts.db import make_client
from accounts.logger_config import configure_logging
from accounts.main import create_app
from accounts.migrations import versions
from accounts.queue.consumer import Consumer
from accounts.settings import Settings
from accounts.utils.seed import fill
from key_value_client import KeyValueError
from key_value_client.migrations import migrate


def main() -> None:
    """Run a command. Errors are one line on stderr, and exit with 1."""
    parser = argparse.ArgumentParser(prog="accounts", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="serve the page and the interface, and publish events")
    consume = commands.add_parser("consume", help="keep an audit trail of the events, until Ctrl-C")
    consume.add_argument("--name", default="audit", help="of the queue and of the trail")
    reach = commands.add_parser("migrate", help="bring the data to the newest version, or to another one")
    reach.add_argument("--to", type=int, default=None, metavar="VERSION", help="0 takes everything back")
    seed = commands.add_parser("seed", help="add demonstration users, contacts and groups")
    seed.add_argument("--users", type=int, default=100)
    arguments = parser.parse_args()
    try:
        settings = Settings()
        settings.read_client_secret()
        if arguments.command == "run":
            uvicorn.run(create_app(settings), host=settings.host, port=settings.port, access_log=False, log_config=None)
        else:
            asyncio.run(_run(settings, arguments))
    except ValidationError as error:
        first = error.errors()[0]
        sys.exit(f"{'_'.join(map(str, first['loc'])).upper()}: {first['msg']}")
    except (KeyValueError, ValueError, OSError) as error:
        sys.exit(f"accounts: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


async def _run(settings: Settings, arguments: argparse.Namespace) -> None:
    async with make_client(settings) as client:
        if arguments.command == "migrate":
            version = await migrate(client, settings.namespace, versions, arguments.to)
            print(f"the data have version {version}")  # noqa: T201
            return
        await migrate(client, settings.namespace, versions)
        namespace = client.namespace(settings.namespace)
        if arguments.command == "seed":
            await fill(namespace, arguments.users)
        else:
            configure_logging(settings)
            await Consumer(settings, namespace, arguments.name).run()


if __name__ == "__main__":
    main()
