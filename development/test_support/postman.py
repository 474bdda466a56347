"""Runs the Postman collection."""

import subprocess

from test_support.processes import ROOT

TESTS = ROOT / "postman_tests"


def run_collection(authorization_url: str, key_value_url: str, administrator_password: str) -> None:
    """Run all requests of the collection. Raises AssertionError if a check fails, or is skipped."""
    newman = TESTS / "node_modules/.bin/newman"
    assert newman.exists(), "newman is not installed: run `make test`, which installs it"
    finished = subprocess.run(
        [
            newman, "run", TESTS / "key_value_store.postman_collection.json",
            "--environment", TESTS / "local.postman_environment.json",
            "--env-var", f"authorization_url={authorization_url}",
            "--env-var", f"key_value_url={key_value_url}",
            "--env-var", f"administrator_password={administrator_password}",
            "--color", "off",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stdout[-8000:] + finished.stderr[-2000:]
    assert "[skipped]" not in finished.stdout
