import subprocess

from test_support.processes import ROOT
from test_support.store import Store

TESTS = ROOT / "postman_tests"


def test_collection_passes_twice_against_the_same_data(store: Store) -> None:
    newman = TESTS / "node_modules/.bin/newman"
    assert newman.exists(), "newman is not installed: run `make test`, which installs it"
    password = store.authorization.log.parent / "var/authorization_service/administrator_password"
    for _ in range(2):
        finished = subprocess.run(
            [
                newman, "run", TESTS / "key_value_store.postman_collection.json",
                "--environment", TESTS / "local.postman_environment.json",
                "--env-var", f"authorization_url={store.authorization.url}",
                "--env-var", f"key_value_url={store.key_value.url}",
                "--env-var", f"administrator_password={password.read_text().strip()}",
                "--color", "off",
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert finished.returncode == 0, finished.stdout[-8000:] + finished.stderr[-2000:]
        assert "[skipped]" not in finished.stdout
