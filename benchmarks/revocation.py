"""From the 204 of a logout until the key-value service refuses: `python -m benchmarks.revocation [WORKERS]`, 100 times."""

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import httpx

from testing.processes import Service, Tarantool, find_free_port, wait_until

TIMES = 100
ENOUGH = 10  # refusals in a row, after which no worker is thought to believe a token
PERSON = {"username": "anna", "password": "Correct-horse-7", "first_name": "Anna", "last_name": "Petrova"}
LOGIN = {name: PERSON[name] for name in ("username", "password")}
GOAL_MILLISECONDS = 1000


def main() -> None:
    """Measure."""
    workers = sys.argv[1] if len(sys.argv) > 1 else "1"
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        authorization, key_value = _start(Path(folder), workers, stack)
        client = stack.enter_context(httpx.Client(trust_env=False, timeout=5))
        client.post(f"{authorization.url}/register", json=PERSON).raise_for_status()
        milliseconds = sorted(_measure(client, authorization, key_value) for _ in range(TIMES))
    print(
        f"{TIMES} logouts, {workers} worker(s) of key_value_service: from the 204 until the first 401 "
        f"median {median(milliseconds):.1f} ms, max {milliseconds[-1]:.1f} ms (goal: {GOAL_MILLISECONDS} ms)"
    )


def _start(folder: Path, workers: str, stack: ExitStack) -> tuple[Service, Service]:
    databases = {
        name: stack.enter_context(Tarantool(name, folder / f"{name}_tarantool")) for name in ("authorization", "key_value")
    }
    port = find_free_port()
    issuer = f"http://127.0.0.1:{port}"
    authorization = stack.enter_context(
        Service("authorization", folder / "authorization", databases["authorization"], port=port, AUTHORIZATION_ISSUER=issuer)
    )
    authorization.wait_until_ready()
    key_value = stack.enter_context(
        Service(
            "key_value",
            folder / "key_value",
            databases["key_value"],
            KEY_VALUE_ISSUER=issuer,
            KEY_VALUE_JWKS_URL=f"{issuer}/.well-known/jwks.json",
            KEY_VALUE_REVOCATIONS_URL=f"{issuer}/revocations",
            KEY_VALUE_TOKEN_URL=f"{issuer}/token",
            KEY_VALUE_CLIENT_SECRET_FILE=str(folder / "authorization/var/secrets/key_value_client_secret"),
            KEY_VALUE_WORKERS=workers,
        )
    )
    key_value.wait_until_ready()
    wait_until(lambda: key_value.output.count("following the revocations") >= int(workers), "all workers following")
    return authorization, key_value


def _measure(client: httpx.Client, authorization: Service, key_value: Service) -> float:
    """Return the milliseconds until no worker believes the token: until the first of ENOUGH refusals in a row."""
    tokens = client.post(f"{authorization.url}/login", json=LOGIN).raise_for_status().json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    url, body = f"{key_value.url}/read", {"keys": ["a"]}
    client.post(url, json=body, headers=headers).raise_for_status()
    assert client.post(f"{authorization.url}/logout", headers=headers).status_code == httpx.codes.NO_CONTENT
    began = first_refusal = time.perf_counter()
    refused = 0
    while refused < ENOUGH:
        # A connection each, so that all workers are asked.
        answer = client.post(url, json=body, headers={**headers, "Connection": "close"})
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            refused += 1
            if refused == 1:
                first_refusal = time.perf_counter()
        else:
            refused = 0
    return (first_refusal - began) * 1000


if __name__ == "__main__":
    main()
