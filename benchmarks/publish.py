"""Copy the last run's numbers and plots into the repository and its table into the READMEs: `make bench-publish`."""

import sys
from pathlib import Path

from benchmarks.plots import draw
from benchmarks.report import Report, replace_table

HERE = Path(__file__).parent
LATEST = HERE / "results" / "latest.json"
PUBLISHED = HERE / "published"
READMES = [HERE / "README.md", HERE.parent / "README.md"]


def main() -> None:
    """Publish."""
    if not LATEST.exists():
        sys.exit("There is nothing to publish: run `make bench` first.")
    report = Report.load(LATEST)
    PUBLISHED.mkdir(exist_ok=True)
    report.write(PUBLISHED / "results.json")
    draw(report, PUBLISHED)
    for readme in READMES:
        readme.write_text(replace_table(readme.read_text(), report.markdown()))


if __name__ == "__main__":
    main()
