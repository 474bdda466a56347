"""The containers `backup` and `restore` of a running project."""

from compose_tests.compose import ComposeProject
from compose_tests.http_client import Client
from compose_tests.operation import eventually
from compose_tests.report import Report

STORES = ("authorization_tarantool", "key_value_tarantool")
STORE, FOLDER = "key_value_tarantool", "/var/lib/key_value_tarantool"
HEALTHY_SECONDS = 180


def check_backups(report: Report, project: ComposeProject, client: Client, token: str | None) -> None:
    """Check that a backup of the running store is good, and that a store that is restored from it has the same."""
    report.equal("a pair is written", client.write(token, {"backed up": [1.0]}), 200)
    created = project.execute("backup", "backup", "create", *(f"/var/lib/{store}" for store in STORES))
    identifier = created.splitlines()[1].split()[1]
    listed = project.execute("backup", "backup", "list")
    report.check("the backup is listed", holds=identifier in listed, found=listed)
    for store in STORES:
        verified = project.execute("backup", "backup", "verify", store)
        report.check(f"the newest backup of {store} is good", holds=verified.endswith(" is good\n"), found=verified)
    before = _sums(project, identifier)

    client.write(token, {"written later": 1})
    project.compose("stop", "key_value_service", "key_value_tarantool")
    restored = project.compose("run", "--rm", "restore", "restore", STORE, FOLDER, "--id", identifier, "--replace")
    report.check("it is restored", holds="is restored to" in restored, found=restored)
    project.compose("up", "-d")
    health = project.wait_until_healthy(HEALTHY_SECONDS)
    report.equal("everything is healthy on it", set(health.values()), {"healthy"})
    expected: dict[str, object] | None = {"backed up": [1.0]}
    keys = ["backed up", "written later"]
    report.equal("the store is as it was", eventually(lambda: client.read(token, keys), expected), expected)
    after = project.execute("backup", "backup", "create", FOLDER).split()[1]
    report.equal("with the same sums", _sums(project, after), before)
    report.equal("it can be written", client.write(token, {"written later": 2}), 200)


def _sums(project: ComposeProject, identifier: str) -> list[str]:
    """Return the lines of `backup verify` that tell of pairs and their changes."""
    table = project.execute("backup", "backup", "verify", STORE, "--id", identifier)
    return [line for line in table.splitlines() if line.startswith(("pairs ", "changes "))]
