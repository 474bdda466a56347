"""python -m documentation FOLDER: write the generated pages into a folder."""

import sys
from pathlib import Path

from documentation.command_help import describe_commands
from documentation.http_api import describe_services
from documentation.metrics import describe_metrics
from documentation.problem_types import describe_problem_types
from documentation.settings import describe_settings


def main() -> None:
    """Write them."""
    folder = Path(sys.argv[1]) / "reference"
    folder.mkdir(parents=True)
    pages = {
        **{name.replace("-", "_"): page for name, page in describe_commands().items()},
        **{f"http_{name}": page for name, page in describe_services().items()},
        "problems": describe_problem_types(),
        "settings": describe_settings(),
        "metrics": describe_metrics(),
    }
    for name, page in pages.items():
        (folder / f"{name}.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
