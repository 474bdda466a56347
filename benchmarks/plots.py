"""Draw a report's series: one PNG for each topic."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from benchmarks.report import Report
from benchmarks.works import BARE, ETCD, OURS

DOTS_PER_INCH = 150
COLOURS = {OURS: "#0072b2", BARE: "#8c8c8c", ETCD: "#d55e00"}
BYTES = {16: "16 B", 256: "256 B", 4096: "4 KiB", 65536: "64 KiB", 1048576: "1 MiB"}

mpl.use("Agg")
mpl.rcParams.update(
    {
        "font.size": 10,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": "#e4e4e4",
        "legend.frameon": False,
        "lines.linewidth": 1.8,
        "lines.marker": "o",
        "lines.markersize": 4,
    }
)


def draw(report: Report, folder: Path) -> list[Path]:
    """Draw the series that the report has; return the files."""
    files = []
    for name, (needed, plot) in PLOTS.items():
        if needed in report.series:
            figure = plot(report.series[needed])
            figure.tight_layout()
            file = folder / f"{name}.png"
            figure.savefig(file, dpi=DOTS_PER_INCH)
            files.append(file)
    return files


def _throughput(works: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(7.5, 0.5 + 1.05 * len(works)))
    figure.suptitle("Throughput, 32 connections: requests a second", fontsize=11)
    for place, (work, contestants) in enumerate(works.items(), 1):
        axes = figure.add_subplot(len(works), 1, place)
        names = list(contestants)[::-1]
        rates = [contestants[name]["median"]["per_second"] for name in names]
        bars = axes.barh(names, rates, color=[COLOURS[name] for name in names], height=0.75)
        axes.bar_label(bars, labels=[f"{rate:,.0f}" for rate in rates], padding=3, fontsize=9)
        axes.set_title(work, loc="left", fontsize=10, pad=3)
        axes.set_xlim(0, max(rates) * 1.12)
        axes.grid(visible=False)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    return figure


def _latency(contestants: Mapping[str, Any]) -> Figure:
    figure, axes = _one_plot("Latency of /read, 1 key, at half of capacity", "percentile", "milliseconds")
    for name, run in contestants.items():
        percents = list(run["percentiles"])
        label = f"{name}, {run['rate']:,.0f}/s"
        axes.plot([f"{float(percent):g}" for percent in percents], run["percentiles"].values(), color=COLOURS[name], label=label)
    axes.set_yscale("log")
    _plain_numbers(axes, y_only=True)
    axes.legend()
    return figure


def _batch_sizes(operations: Mapping[str, Any]) -> Figure:
    figure, axes = _one_plot("Cost of a pair, by pairs in a request", "pairs a request", "CPU-microseconds a pair")
    for operation, style in (("read", "-"), ("write", "--")):
        for name, points in operations[operation].items():
            costs = [point["cpu_seconds_per_million"] / point["at"] for point in points]
            sizes = [point["at"] for point in points]
            axes.loglog(sizes, costs, linestyle=style, color=COLOURS[name], label=f"{name}, {operation}")
    _plain_numbers(axes)
    axes.legend(fontsize=9)
    return figure


def _value_sizes(operations: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(8, 3.8))
    shared: Axes | None = None
    for place, operation in enumerate(("read", "write"), 1):
        axes = figure.add_subplot(1, 2, place, sharey=shared)
        shared = shared or axes
        for name, points in operations[operation].items():
            axes.loglog(
                [point["at"] for point in points], [point["per_second"] for point in points], color=COLOURS[name], label=name
            )
        axes.set_title(f"/{operation}, 1 key", fontsize=11)
        axes.set_xlabel("size of the value")
        axes.set_xticks(list(BYTES), BYTES.values())
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))
        if place == 1:
            axes.set_ylabel("requests a second")
            axes.legend()
    return figure


def _dataset(sizes: list[dict[str, Any]]) -> Figure:
    figure, axes = _one_plot("Cost of a read, by pairs in the store", "pairs in the store", "CPU-microseconds a read")
    labels = [f"{size['pairs']:,}" for size in sizes]
    costs = [size["cpu_seconds_per_million"] for size in sizes]
    bars = axes.bar(labels, costs, color=COLOURS[OURS], width=0.5)
    axes.bar_label(bars, labels=[f"{cost:.0f}" for cost in costs], padding=3)
    axes.grid(visible=False, axis="x")
    return figure


def _connections(operations: Mapping[str, Any]) -> Figure:
    figure, axes = _one_plot("Throughput of /read, 1 key, by connections", "connections", "requests a second")
    for name, points in operations["read"].items():
        axes.plot([point["at"] for point in points], [point["per_second"] for point in points], color=COLOURS[name], label=name)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    _plain_numbers(axes)
    axes.legend()
    return figure


def _workers(rates: Mapping[str, float]) -> Figure:
    figure, axes = _one_plot("Throughput of /read, 1 key, by workers", "workers, a core each", "requests a second")
    bars = axes.bar(list(rates), list(rates.values()), color=COLOURS[OURS], width=0.4)
    axes.bar_label(bars, labels=[f"{rate:,.0f}" for rate in rates.values()], padding=3)
    axes.grid(visible=False, axis="x")
    return figure


def _overload(storm: Mapping[str, Any]) -> Figure:
    figure, axes = _one_plot("Five times capacity, reads and writes", "seconds", "requests a second")
    windows = storm["timeline"]
    moments = [window["at"] for window in windows]
    for name, colour in (("offered", "#c9c9c9"), ("refused", "#d55e00"), ("done", "#0072b2")):
        axes.plot(moments, [window[name] for window in windows], color=colour, label=name, marker="")
    axes.axhline(storm["peak_per_second"], color="#0072b2", linestyle=":", linewidth=1, marker="", label="capacity")
    axes.set_ylim(bottom=0)
    _plain_numbers(axes)
    axes.legend()
    return figure


def _one_plot(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7, 3.8))
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=11)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


def _plain_numbers(axes: Axes, *, y_only: bool = False) -> None:
    formatter = FuncFormatter(lambda number, _: f"{number:,.6g}")
    for axis in (axes.yaxis,) if y_only else (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(formatter)
        axis.set_minor_formatter(NullFormatter())


PLOTS: dict[str, tuple[str, Callable[[Any], Figure]]] = {
    "throughput": ("works", _throughput),
    "latency": ("open_loop", _latency),
    "batch_sizes": ("batch_size", _batch_sizes),
    "value_sizes": ("value_bytes", _value_sizes),
    "dataset_sizes": ("dataset", _dataset),
    "connections": ("connections", _connections),
    "workers": ("workers", _workers),
    "overload": ("overload", _overload),
}
"""By file name: the series, and the function that draws it."""
