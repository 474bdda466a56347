"""`microblog`: run the application, apply or revert its migrations, add demonstration data, measure the feed."""

import argparse
import asyncio
import sys

import httpx
import uvicorn
from pydantic import ValidationError

from key_value_client import KeyValueError
from key_value_client.migrations import migrate
from microblog.core.config import Settings
from microblog.main import create_app, make_client
from microblog.migrations import versions
from microblog.scripts import seed
from microblog.scripts.bench import measure


def main() -> None:
    """Run a command. Errors are one line on stderr, and exit with 1."""
    parser = argparse.ArgumentParser(prog="microblog", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="serve the page and the interface")
    reach = commands.add_parser("migrate", help="bring the data to the newest version, or to another one")
    reach.add_argument("--to", type=int, default=None, metavar="VERSION", help="0 takes everything back")
    fill = commands.add_parser("seed", help="add demonstration users and tweets")
    fill.add_argument("--users", type=int, default=10_000)
    fill.add_argument("--tweets", type=int, default=100_000)
    bench = commands.add_parser("bench", help="measure the first page of the feed, at the running application")
    bench.add_argument("--following", type=int, default=100, metavar="USERS", help="at most 100")
    bench.add_argument("--requests", type=int, default=500)
    arguments = parser.parse_args()
    try:
        settings = Settings()
        settings.read_client_secret()
        if arguments.command == "run":
            uvicorn.run(create_app(settings), host=settings.host, port=settings.port)
        elif arguments.command == "migrate":
            asyncio.run(_migrate(settings, arguments.to))
        elif arguments.command == "bench":
            asyncio.run(measure(settings, arguments.following, arguments.requests))
        else:
            asyncio.run(_seed(settings, arguments.users, arguments.tweets))
    except ValidationError as error:
        first = error.errors()[0]
        sys.exit(f"MICROBLOG_{'_'.join(map(str, first['loc'])).upper()}: {first['msg']}")
    except (KeyValueError, httpx.HTTPError, ValueError, OSError) as error:
        sys.exit(f"microblog: {error}")


async def _migrate(settings: Settings, version: int | None) -> None:
    async with make_client(settings) as client:
        print(f"the data have version {await migrate(client, settings.namespace, versions, version)}")  # noqa: T201


async def _seed(settings: Settings, users: int, tweets: int) -> None:
    async with make_client(settings) as client:
        await migrate(client, settings.namespace, versions)
        await seed.fill(client.namespace(settings.namespace), users, tweets)


if __name__ == "__main__":
    main()
