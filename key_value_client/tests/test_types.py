"""The types that users of the library see: pyright checks an example program, as mypy does in `make lint`."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "type_checks"


def run_pyright(program: Path) -> subprocess.CompletedProcess[str]:
    pyright = FOLDER / "node_modules/.bin/pyright"
    command = [str(pyright), "--pythonpath", sys.executable, str(program)]
    return subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)


def test_pyright_accepts_the_example_program() -> None:
    checked = run_pyright(FOLDER / "program.py")
    assert checked.returncode == 0, checked.stdout


def test_pyright_knows_the_signatures(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "from key_value_client import Client, AsyncClient\n"
        "def block(client: Client) -> int:\n"
        "    client.namespace('a').put(7, 1)\n"
        "    return client.namespace('a').stats()\n"
        "async def wait(client: AsyncClient) -> None:\n"
        "    for pair in client.namespace('a').scan(): print(pair)\n"
    )
    checked = run_pyright(wrong)
    assert checked.returncode == 1
    for line in (3, 4, 6):
        assert f"wrong.py:{line}:" in checked.stdout
