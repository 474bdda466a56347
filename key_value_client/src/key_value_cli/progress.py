"""Progress bars with counts and rates, on standard error, where that is a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], None]


@contextmanager
def show_progress(action: str, total: int | None = None, *, shown: bool = True) -> Iterator[Advance]:
    """Yield a function that adds to the number of what is done. `total` None: unknown, the bar only moves."""
    if not (shown and sys.stderr.isatty()):
        yield lambda _: None
        return
    # Imported here: a command that shows no progress starts faster.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.completed / (task.elapsed or 1):,.0f}/s", style="cyan")  # the mean: work goes in batches

    class Count(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.completed:,.0f}" + ("" if task.total is None else f" of {task.total:,.0f}"))

    columns = (TextColumn("{task.description}", markup=False), BarColumn(24), Count(), Rate(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True, highlight=False)) as progress:
        task = progress.add_task(action, total=total)
        yield lambda count: progress.advance(task, count)
