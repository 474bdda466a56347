"""Read a service's metrics."""

from typing import Any

import httpx
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families


def scrape(port: int) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return all samples by name and labels. Raises httpx.HTTPError."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).raise_for_status().text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def look_up(port: int, name: str, **labels: str) -> float | None:
    """Return a sample, or None if there is none. Raises httpx.HTTPError."""
    return scrape(port).get((name, frozenset(labels.items())))


def find_exemplars(port: int) -> list[Any]:
    """Return the samples with exemplars, which only OpenMetrics has. Raises httpx.HTTPError."""
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", headers=accept, trust_env=False).raise_for_status().text
    families: Any = openmetrics.text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    return [sample for family in families for sample in family.samples if sample.exemplar is not None]
