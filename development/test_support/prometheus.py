"""A Prometheus under test, configured as deployment/monitoring has it, with other targets and shorter pauses."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import yaml  # type: ignore[import-untyped]

from test_support.processes import ROOT, ProcessUnderTest, reserve_port, wait_until

CONFIGURATION = ROOT / "deployment/monitoring/prometheus"


class Prometheus(ProcessUnderTest):
    """Scrapes the ports, by job, and evaluates the rules every second. Those of no job are left out."""

    def __init__(self, folder: Path, ports: Mapping[str, int]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        configuration = yaml.safe_load((CONFIGURATION / "prometheus.yml").read_text())
        configuration["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        configuration["rule_files"] = [str(CONFIGURATION / name) for name in configuration["rule_files"]]
        for job in configuration["scrape_configs"]:
            port = ports.get(job["job_name"])
            job.pop("dns_sd_configs", None)
            job["static_configs"] = [{"targets": [] if port is None else [f"127.0.0.1:{port}"]}]
        path = folder / "prometheus.yml"
        path.write_text(yaml.safe_dump(configuration))
        self.url = f"http://127.0.0.1:{reserve_port()}"
        command = [
            "/usr/bin/prometheus", f"--config.file={path}", f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={self.url.removeprefix('http://')}",
        ]  # fmt: skip
        super().__init__(command, {}, folder / "prometheus.log")

    def wait_until_ready(self) -> None:
        """Return when it answers."""
        wait_until(self._is_ready, f"{self.url} ready")

    def query(self, expression: str) -> list[Any]:
        """Return the series that an expression has now: objects with `metric`, the labels, and `value`, time and text."""
        return self._get("query", query=expression)["result"]  # type: ignore[no-any-return]

    def find_firing(self) -> dict[str, dict[str, str]]:
        """Return the labels of the alerts that fire or are pending, by name."""
        return {
            alert["labels"]["alertname"]: alert["labels"] | {"state": alert["state"]} for alert in self._get("alerts")["alerts"]
        }

    def _get(self, path: str, **parameters: str) -> dict[str, Any]:
        answer = httpx.get(f"{self.url}/api/v1/{path}", params=parameters, trust_env=False)
        data: dict[str, Any] = answer.raise_for_status().json()["data"]
        return data

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", trust_env=False).is_success
        except httpx.TransportError:
            return False
