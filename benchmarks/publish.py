"""`make bench-publish`: the last run's numbers and plots go where git keeps them, and its table into the READMEs."""

import re
import sys
from pathlib import Path

from benchmarks.plots import draw
from benchmarks.report import Report

HERE = Path(__file__).parent
LATEST = HERE / "results" / "latest.json"
PUBLISHED = HERE / "published"
READMES = [HERE / "README.md", HERE.parent / "README.md"]
BEGIN, END = "<!-- make bench-publish writes this table -->", "<!-- end of the table -->"


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


def replace_table(text: str, table: str) -> str:
    """Return the text with the table between its marks."""
    pattern = f"{re.escape(BEGIN)}.*?{re.escape(END)}"
    return re.sub(pattern, lambda _: f"{BEGIN}\n\n{table}\n\n{END}", text, flags=re.DOTALL)


if __name__ == "__main__":
    main()
