"""The table of results, goals and verdicts. Missed goals are shown like reached ones."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- make bench-publish writes this table -->", "<!-- end of the table -->"

HEADINGS = ("measured", "key_value_service", "bare app", "etcd", "result", "goal", "verdict")
REACHED, MISSED = "reached", "MISSED"


@dataclass(frozen=True)
class Goal:
    """A bound that a result should keep."""

    bound: float
    unit: str
    at_least: bool
    decimals: int = 2

    def verdict(self, value: float) -> str:
        """Return the verdict on the exact value, not on the one rounded for the table."""
        return REACHED if (value >= self.bound if self.at_least else value <= self.bound) else MISSED

    def write(self, value: float) -> str:
        """Return the value with its unit."""
        return f"{value:,.{self.decimals}f} {self.unit}"

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g} {self.unit}"


def at_least(bound: float, unit: str) -> Goal:
    """Return a lower bound."""
    return Goal(bound, unit, at_least=True)


def at_most(bound: float, unit: str, decimals: int = 2) -> Goal:
    """Return an upper bound."""
    return Goal(bound, unit, at_least=False, decimals=decimals)


@dataclass
class Report:
    """The results of a run. `series`: the numbers behind the plots."""

    machine: Mapping[str, Any]
    date: str
    quick: bool
    rows: list[list[str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    series: dict[str, Any] = field(default_factory=dict)

    def add(self, measured: str, values: Iterable[str] = (), result: str = "", goal: str = "", verdict: str = "") -> None:
        """Add a row; `values` are those of the contestants in the order of the headings."""
        cells = [*values, "", "", ""][:3]
        self.rows.append([measured, *cells, result, goal, verdict])

    def hold(self, measured: str, value: float, goal: Goal, values: Iterable[str] = ()) -> None:
        """Add a row with a goal and the verdict on it."""
        self.add(measured, values, goal.write(value), str(goal), goal.verdict(value))

    def leave_out(self, measured: str, reason: str) -> None:
        """Add a row that was not measured, and the reason below the table."""
        self.add(measured, result="not measured")
        self.remarks.append(f"{measured}: {reason}.")

    def text(self) -> str:
        """Return the table for a terminal."""
        widths = [max(len(row[column]) for row in [HEADINGS, *self.rows]) for column in range(len(HEADINGS))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (HEADINGS, *self.rows)]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join(line.rstrip() for line in [*lines, "", *self.remarks, self._machine_line(), self._verdict_line()])

    def markdown(self) -> str:
        """Return the table for the READMEs."""
        lines = ["| " + " | ".join(row) + " |" for row in (HEADINGS, *self.rows)]
        lines.insert(1, "|---|" + "---:|" * 3 + "---|" * 3)
        remarks = [f"- {remark}" for remark in self.remarks]
        return "\n".join([*lines, "", self._machine_line(), *([""] if remarks else []), *remarks])

    def write(self, file: Path) -> None:
        """Write everything as JSON."""
        file.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, file: Path) -> "Report":
        """Return a report that write() has stored."""
        return cls(**json.loads(file.read_text()))

    def _machine_line(self) -> str:
        machine = self.machine
        versions = ", ".join(
            f"{name} {machine[key]}"
            for key, name in (
                ("python", "Python"),
                ("tarantool", "Tarantool"),
                ("uvicorn", "uvicorn"),
                ("asynctnt", "asynctnt"),
                ("etcd", "etcd"),
                ("wrk", "wrk"),
                ("redis", "Redis"),
                ("webdis", "webdis"),
                ("h2load", "h2load"),
            )
            if key in machine  # a run that was stored before may lack some
        )
        kind = " A quick run: short and rough." if self.quick else ""
        return (
            f"{self.date}, {machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, {versions}; "
            f"{machine['layout']}.{kind}"
        )

    def _verdict_line(self) -> str:
        verdicts = [row[-1] for row in self.rows if row[-1]]
        return f"{verdicts.count(REACHED)} of {len(verdicts)} goals reached."


def replace_table(text: str, table: str) -> str:
    """Return the text with the table between its marks replaced."""
    pattern = f"{re.escape(BEGIN)}.*?{re.escape(END)}"
    return re.sub(pattern, lambda _: f"{BEGIN}\n\n{table}\n\n{END}", text, flags=re.DOTALL)
