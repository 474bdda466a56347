"""Pairs in a shell."""

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Kv, only_line

BINARY = bytes(range(256))


def test_a_text_comes_back(kv: Kv) -> None:
    assert kv("put", "greeting", "hello") == f"created greeting, revision {kv.at(1)}\n"
    assert kv("put", "greeting", "grüß dich") == f"replaced greeting, revision {kv.at(2)}\n"

    assert kv("get", "greeting") == "grüß dich\n"
    assert kv("get", "greeting", "--raw") == "grüß dich"


@pytest.mark.parametrize("text", ["42", "1.0", "null", "true", "[]", '{"a":{"b":[1,2.5,"x"]}}', f"1{'0' * 900}"])
def test_json_comes_back(kv: Kv, text: str) -> None:
    kv("put", "value", text, "--json")

    assert json.loads(kv("get", "value")) == json.loads(text)
    assert kv.read("get", "value")[0]["value"] == json.loads(text)


def test_an_object_is_indented_and_raw_is_compact(kv: Kv) -> None:
    kv("put", "value", '{"a": [1]}', "--json")

    assert kv("get", "value") == '{\n  "a": [\n    1\n  ]\n}\n'
    assert kv("get", "value", "--raw") == '{"a":[1]}'


def test_a_value_comes_from_standard_input_or_a_file(kv: Kv, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("two\nlines\n")

    kv("put", "typed", "-", typed=b"from a pipe\n")
    kv("put", "file", f"@{tmp_path / 'file'}")

    assert kv("get", "typed", "file", "--raw") == "from a pipe\ntwo\nlines\n"


def test_bytes_come_back(kv: Kv, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(BINARY)

    kv("put", "logo", f"@{tmp_path / 'logo.png'}")
    kv("put", "typed", "-", typed=BINARY)
    kv("put", "text", "plain", "--media-type", "text/plain")

    assert kv.run("get", "logo", "--raw").stdout == BINARY
    assert [pair["binary"]["media_type"] for pair in kv.read("get", "logo", "typed", "text")] == [
        "image/png",
        "application/octet-stream",
        "text/plain",
    ]


def test_several_pairs_are_written_in_the_order_of_the_keys(kv: Kv) -> None:
    kv("put", "a", "1")
    kv("put", "b", "2")

    assert kv("get", "b", "a", "b") == "2\n1\n2\n"


def test_what_is_missing_is_named_behind_what_is_there(kv: Kv) -> None:
    kv("put", "there", "x")

    finished = kv.run("get", "absent", "there", "gone")

    assert (finished.returncode, finished.stdout) == (3, b"x\n")
    assert only_line(finished.stderr) == "There is no pair 'absent', 'gone'."


def test_a_stale_read_is_of_any_instance(kv: Kv) -> None:
    kv("put", "quick", "fox")
    assert kv("get", "quick", "--stale") == "fox\n"


def test_a_default_stands_for_what_is_missing(kv: Kv) -> None:
    assert kv("get", "absent", "--default", "none") == "none\n"
    assert kv("get", "absent", "--default", "", "--output", "env") == "ABSENT=''\n"


def test_json_has_the_metadata(kv: Kv) -> None:
    kv("put", "a", "1")
    kv("put", "a", "2", "--ttl", "1h")

    (pair,) = kv.read("get", "a")

    assert pair.pop("expires_at").endswith("Z")
    assert pair == {"key": "a", "value": "2", "revision": kv.at(2), "created_revision": kv.at(1), "version": 2}


def test_a_table_has_a_line_for_each_pair(kv: Kv) -> None:
    kv("put", "a", "1")

    assert kv("get", "a", "--output", "table") == (
        f'key  value  revision  version  expires_at\na    "1"    {kv.at(1):<8}  1        -\n'
    )


def test_variables_are_quoted_for_a_shell(kv: Kv) -> None:
    kv("put", "db/user-name", "it's $HOME")

    assert kv("get", "db/user-name", "--output", "env") == "DB_USER_NAME='it'\"'\"'s $HOME'\n"


def test_a_key_that_looks_like_an_option_comes_after_two_dashes(kv: Kv) -> None:
    kv("put", "--ttl", "1h", "--", "-x", "--value")

    assert kv("get", "--", "-x") == "--value\n"
    assert kv.refuse(2, "get", "-x") == "No such option: -x. Put -- before a key or value that begins with -"
    assert kv("rm", "--", "-x") == "deleted 1\n"


def test_a_condition_that_does_not_hold_is_a_conflict(kv: Kv) -> None:
    kv("put", "a", "1", "--if-absent")

    assert f"The pair has revision {kv.at(1)}" in kv.refuse(4, "put", "a", "2", "--if-absent")
    assert f"The pair has revision {kv.at(1)}" in kv.refuse(4, "put", "a", "2", "--if-revision", "999999")
    assert f"The pair has revision {kv.at(1)}" in kv.refuse(4, "rm", "a", "--if-revision", "999999")
    kv("put", "a", "2", "--if-revision", f"{kv.at(1)}")
    kv("rm", "a", "--if-revision", f"{kv.at(2)}")
    assert kv.read("put", "a", "3", "--if-revision", "0") == [{"key": "a", "revision": kv.at(4), "created": True}]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["put", "a", "x", "--json"], "The value is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (["put", "a", "NaN", "--json"], "The value is not JSON: there is no NaN"),
        (["put", "a", "[" * 100_000, "--json"], "The value is not JSON that the server takes: it is nested too deeply."),
        (["put", "a", "1", "--ttl", "soon"], "'soon' is no duration: write seconds, or 500ms, 90s, 15m, 12h, 7d, or never."),
        (["put", "a", "1", "--if-absent", "--if-revision", "1"], "Use one of them."),
        (["get", "a", "--raw", "--output", "json"], "Use one of them."),
        (["get", "a", "--output", "yaml"], "'yaml' is not one of 'json', 'table', 'env'."),
        (["get"], "Missing argument 'KEY…'."),
        (["incr", "a", "--by", "much"], "The value is not JSON"),
        (["incr", "a", "--by", "true"], "'true' is no number."),
        (["rm"], "Name keys, or one of the options."),
        (["rm", "a", "--all"], "Name keys, or one of the options."),
        (["rm", "--prefix", ""], "Name keys, or one of the options."),
        (["gett", "a"], "No such command 'gett'. Did you mean 'get'?"),
    ],
    ids=lambda case: " ".join(case)[:40] if isinstance(case, list) else None,
)
def test_wrong_usage_is_one_line(kv: Kv, arguments: list[str], reason: str) -> None:
    assert reason in kv.refuse(2, *arguments)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["put", "", "x"], "key: A key must have 1 to 512 bytes"),
        (["put", "k" * 513, "x"], "key: A key must have 1 to 512 bytes"),
        (["put", "a\nb", "x"], "key: "),
        (["get", "k" * 513], "A key must have 1 to 512 bytes"),
        (["put", "a", "x", "--ttl", "0"], "ttl: "),
    ],
    ids=lambda case: " ".join(case)[:20].replace("\n", " ") if isinstance(case, list) else None,
)
def test_a_rule_of_the_server_is_one_line(kv: Kv, arguments: list[str], reason: str) -> None:
    assert reason in kv.refuse(1, *arguments)


def test_a_value_of_two_mebibytes_is_refused(kv: Kv, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 2**21)

    line = kv.refuse(1, "put", "large", f"@{tmp_path / 'large'}")

    assert "at most 1048576 bytes" in line
    assert len(line) < 200
    assert kv.refuse(3, "get", "large") == "There is no pair 'large'."


def test_a_file_without_end_is_refused(kv: Kv) -> None:
    assert kv.refuse(1, "put", "zero", "@/dev/zero") == "The value is larger than 64 MiB."


def test_a_file_that_cannot_be_read_is_named(kv: Kv) -> None:
    assert kv.refuse(8, "put", "a", "@absent.txt") == "absent.txt: No such file or directory"


def test_numbers_are_added(kv: Kv) -> None:
    assert kv("incr", "visits") == "1\n"
    assert kv("incr", "visits", "--by", "-5") == "-4\n"
    assert kv.read("incr", "visits", "--by", "0.5") == [{"key": "visits", "value": -3.5, "revision": kv.at(3)}]
    kv("put", "text", "x")
    assert "not-a-number" in kv.refuse(4, "incr", "text")


def test_a_time_to_live_is_shown_changed_and_removed(kv: Kv) -> None:
    kv("put", "a", "1", "--ttl", "90s")

    assert 80 < float(kv("ttl", "a")) <= 90
    assert 3500 < float(kv("ttl", "a", "1h")) <= 3600
    assert kv("ttl", "a", "never") == "never\n"
    assert kv.read("ttl", "a") == [{"key": "a", "ttl": None, "expires_at": None}]
    assert kv.refuse(3, "ttl", "absent") == "There is no pair 'absent'."
    assert "no-such-pair" in kv.refuse(3, "ttl", "absent", "5")


def test_keys_are_listed(kv: Kv) -> None:
    for key in ("a", "orders/1", "orders/2", "z"):
        kv("put", key, "x")

    assert kv("ls") == "a\norders/1\norders/2\nz\n"
    assert kv("ls", "orders/", "--reverse") == "orders/2\norders/1\n"
    assert kv("ls", "--limit", "1") == "a\n"
    assert kv("ls", "none") == ""
    assert [pair["key"] for pair in kv.read("ls", "orders/")] == ["orders/1", "orders/2"]
    header, first, second = kv("ls", "--long", "orders/").splitlines()
    assert header == "revision  version  expires_at  size  key       value"
    assert first == f'{kv.at(2):>8}        1  -            3 B  orders/1  "x"'
    assert second == f'{kv.at(3):>8}        1  -            3 B  orders/2  "x"'
    assert kv("ls", "--tree") == "a\norders/\n├── 1\n└── 2\nz\n"


def test_deleting_by_prefix_needs_a_yes(kv: Kv) -> None:
    for key in ("a", "orders/1", "orders/2"):
        kv("put", key, "x")

    question = kv.refuse(2, "rm", "--prefix", "orders/")
    assert question.startswith("Delete 2 pairs, whose keys begin with 'orders/', in the namespace cli-")
    assert question.endswith("? Without a terminal, confirm with --yes.")
    assert kv("rm", "--prefix", "orders/", "--yes") == "deleted 2\n"
    assert kv("ls") == "a\n"
    assert kv("rm", "--all", "--yes") == "deleted 1\n"


def test_deleting_names_what_was_not_there(kv: Kv) -> None:
    kv("put", "a", "x")

    finished = kv.run("rm", "a", "b")

    assert (finished.returncode, finished.stdout) == (3, b"deleted 1\n")
    assert only_line(finished.stderr) == "There is no pair 'b'."


def test_statistics(kv: Kv) -> None:
    kv("put", "a", "x")

    (found,) = kv.read("stat")

    assert found.pop("bytes") > 0
    assert found == {"namespace": kv.environment["KV_NAMESPACE"], "pairs": 1, "revision": kv.at(1), "oldest_change": kv.at(1)}


def test_namespaces(kv: Kv) -> None:
    name = f"{kv.environment['KV_NAMESPACE']}-other"
    numbers = ["--quota-pairs", "1", "--default-ttl", "1h", "--changes-kept", "5", "--history-kept", "2"]

    created: dict[str, Any] = kv.read("ns", "create", name, "--description", "for a test", *numbers)[0]
    assert created.pop("created_at").endswith("Z")
    assert created.items() >= {"name": name, "description": "for a test", "quota_pairs": 1, "default_ttl": 3600}.items()
    assert created.items() >= {"changes_kept": 5, "history_kept": 2}.items()
    assert "already exists" in kv.refuse(4, "ns", "create", name)
    changed = kv.read("ns", "set", name, "--default-ttl", "never", "--history-kept", "3")[0]
    assert (changed["quota_pairs"], changed["default_ttl"], changed["history_kept"]) == (1, None, 3)
    assert name in [namespace["name"] for namespace in kv.read("ns", "list")]
    kv("put", "a", "x", "-n", name)
    assert "quota-exceeded" in kv.refuse(4, "put", "b", "x", "-n", name)
    assert kv("ns", "set", name, "--quota-pairs", "none").splitlines()[2].split() == ["quota_pairs", "-"]
    assert "--yes" in kv.refuse(2, "ns", "delete", name)
    assert "namespace-not-empty" in kv.refuse(4, "ns", "delete", name, "--yes")
    assert kv("ns", "delete", name, "--force", "--yes") == f"{name} is deleted.\n"
    assert "no-such-namespace" in kv.refuse(3, "ns", "show", name)
    assert "no-such-namespace" in kv.refuse(3, "get", "a", "-n", name)
    assert "is neither a number nor none" in kv.refuse(2, "ns", "set", name, "--quota-pairs", "many")


def test_earlier_values_are_shown_and_restored(kv: Kv) -> None:
    kv("put", "a", "first")
    kv("put", "a", "second")
    kv("rm", "a")

    assert kv("history", "a") == (
        f'{kv.at(3):>8}  deleted   a\n{kv.at(2):>8}  written   a  "second"\n{kv.at(1):>8}  written   a  "first"\n'
    )
    assert kv.read("history", "a", "--limit", "1") == [{"revision": kv.at(3), "kind": "deleted", "key": "a"}]
    assert kv("restore", "a", f"{kv.at(1)}") == f"restored a, revision {kv.at(4)}\n"
    assert kv("get", "a") == "first\n"
    assert "no-such-revision" in kv.refuse(3, "restore", "a", "999999")
    assert kv.refuse(3, "history", "never") == "No change of 'never' is kept."


def test_pairs_become_the_environment_of_a_command(kv: Kv) -> None:
    kv("put", "db/host", "127.0.0.1")
    kv("put", "db/pool-size", "5", "--json")
    kv("put", "other", "x")

    assert kv("env", "db/", "--", "sh", "-c", "echo $HOST $POOL_SIZE $HOME") == f"127.0.0.1 5 {kv.home}\n"
    pristine = kv("env", "db/", "--pristine", "--", "env").splitlines()
    assert {line.partition("=")[0] for line in pristine} == {"PATH", "HOME", "HOST", "POOL_SIZE"}
    assert kv("env", "db/") == "HOST=127.0.0.1\nPOOL_SIZE=5\n"
    assert kv.run("env", "db/", "--", "sh", "-c", "exit 42").returncode == 42
    assert kv.refuse(127, "env", "db/", "--", "no-such-command") == "no-such-command: command not found"
    assert kv.refuse(126, "env", "db/", "--", "/etc/passwd") == "/etc/passwd: Permission denied"


def test_an_environment_is_exact_or_refused(kv: Kv) -> None:
    kv("put", "a/x-y", "1")
    kv("put", "a/x.y", "2")
    kv("put", "b/z", '"a\\u0000"', "--json")

    assert kv.refuse(1, "env", "a/", "--", "env") == "The keys 'x-y' and 'x.y' would be the same variable X_Y."
    assert kv.refuse(1, "env", "b/", "--", "env") == "The value of 'z' has a zero character, which a variable cannot have."
