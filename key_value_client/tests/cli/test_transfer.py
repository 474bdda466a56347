"""Export, import, copies and templates."""

import base64
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from test_support.processes import wait_until
from test_support.store import Store

from .conftest import SCRIPT, Kv, give_grants, only_line


def write_lines(path: Path, *lines: Any) -> Path:
    path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    return path


def test_an_export_comes_back(kv: Kv, tmp_path: Path) -> None:
    pairs: list[dict[str, Any]] = [
        {"key": "a", "value": 1.0},
        {"key": "b", "binary": {"media_type": "image/png", "base64": "AAH/"}},
        {"key": "c", "value": None, "expires_at": "2999-01-01T00:00:00.000Z"},
        {"key": "grüße/👍", "value": {"x": [10**30, "\u0000"]}},
    ]
    file = write_lines(tmp_path / "pairs", *pairs)

    assert kv("import", str(file)) == "written 4, skipped 0, expired 0, refused 0\n"
    exported = [json.loads(line) for line in kv("export").splitlines()]

    assert exported.pop(0) == {"namespace": kv.environment["KV_NAMESPACE"], "revision": kv.at(4)}
    assert [pair | ({"expires_at": "…"} if "expires_at" in pair else {}) for pair in exported] == [
        pair | ({"expires_at": "…"} if "expires_at" in pair else {}) for pair in pairs
    ]
    assert kv("import", "--if-absent", typed=kv("export").encode()) == "written 0, skipped 4, expired 0, refused 0\n"
    assert len(kv("export", "gr").splitlines()) == 2


def test_a_large_import_goes_in_several_requests(kv: Kv, tmp_path: Path) -> None:
    file = tmp_path / "pairs"
    file.write_bytes(b"".join(b'{"key":"%06d","value":%d}\n' % (number, number) for number in range(120_000)) + b"nonsense\n")

    finished = kv.run("import", str(file), "--output", "json")

    counts = json.loads(finished.stdout)
    assert (counts["written"], counts["refused"], counts["errors"][0]["line"]) == (120_000, 1, 120_001)
    assert only_line(finished.stderr).startswith("A line was refused. Line 120001: line (json): ")
    assert kv.read("stat")[0]["pairs"] == 120_000
    kv("rm", "--all", "--yes")


def test_refused_lines_are_listed(kv: Kv, tmp_path: Path) -> None:
    file = write_lines(
        tmp_path / "pairs", {"key": "a", "value": 1}, "nonsense\n", {"key": "", "value": 1}, {"key": "b", "value": 1}
    )

    finished = kv.run("import", str(file))

    assert finished.returncode == 1
    assert finished.stdout == b"written 2, skipped 0, expired 0, refused 2\n"
    lines = finished.stderr.decode().splitlines()
    assert [line.split(":")[0] for line in lines] == ["Line 2", "Line 3", "error"]
    assert lines[-1] == "error: 2 lines were refused."


def test_a_strict_import_ends_at_the_first_refused_line(kv: Kv, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "pairs", {"key": "a", "value": 1}, "nonsense\n", {"key": "b", "value": 1})

    finished = kv.run("import", "--strict", str(file))

    assert (finished.returncode, finished.stdout) == (1, b"written 1, skipped 0, expired 0, refused 1\n")
    assert only_line(finished.stderr).startswith("A line was refused. Line 2: line (json): ")
    assert kv("ls") == "a\n"


@pytest.mark.parametrize(
    "content",
    [b"nonsense", b"\x7fELF\x00\xff\n" * 1000, b"a,b,c\n1,2,3\n", b'[{"key": "a", "value": 1}]\n'],
    ids=["text", "binary", "csv", "array"],
)
def test_a_file_that_has_no_lines_of_json_is_refused(kv: Kv, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)

    finished = kv.run("import", str(tmp_path / "file"))

    assert finished.returncode == 1
    assert len(only_line(finished.stderr)) < 400
    assert kv("ls") == ""


def test_a_file_of_one_endless_line_is_refused(kv: Kv) -> None:
    assert kv.refuse(1, "import", "/dev/zero") == "Line 1 is longer than 16 MiB: these are no lines of JSON."


def test_an_export_to_a_file_is_whole_or_none(kv: Kv, tmp_path: Path) -> None:
    kv("put", "a", "x" * 50_000)
    disk = tmp_path / "disk"
    disk.mkdir()
    look = f'status=$?; cat "{disk}/out"; ls -A "{disk}"; exit $status'
    script = f'mount -t tmpfs -o size=16k tmpfs "{disk}" && echo kept > "{disk}/out" && {{ "$@"; {look}; }}'
    command = ["unshare", "--mount", "sh", "-c", script, "sh", SCRIPT, "export", "--out", f"{disk}/out"]

    finished = subprocess.run(command, env=kv.environment, capture_output=True, check=False, timeout=60)

    assert (finished.returncode, finished.stdout) == (8, b"kept\nout\n")
    assert only_line(finished.stderr) == f"{disk}/out: No space left on device"


def test_what_consul_exports_is_imported(kv: Kv, tmp_path: Path) -> None:
    file = tmp_path / "consul.json"
    file.write_text(
        json.dumps(
            [
                {"key": "app/", "flags": 0, "value": ""},
                {"key": "app/name", "flags": 42, "value": base64.b64encode("grüße".encode()).decode()},
                {"key": "app/limits", "flags": 0, "value": base64.b64encode(b'{"cpu": 2}').decode()},
                {"key": "app/logo", "flags": 0, "value": base64.b64encode(b"\xff\x00").decode()},
            ]
        )
    )

    finished = kv.run("import", "--from", "consul", str(file))

    assert (finished.returncode, finished.stdout) == (0, b"written 4, skipped 0, expired 0, refused 0\n")
    assert finished.stderr == b"flags are not kept: 1 pairs had some\n"
    assert {pair["key"]: pair.get("value", pair.get("binary")) for pair in kv.read("ls")} == {
        "app/": "",
        "app/limits": '{"cpu": 2}',
        "app/logo": {"media_type": "application/octet-stream", "base64": "/wA="},
        "app/name": "grüße",
    }


def test_what_etcd_exports_is_imported(kv: Kv, tmp_path: Path) -> None:
    def encode(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    entries = [
        {"key": encode("a"), "create_revision": 2, "mod_revision": 3, "version": 2, "value": encode('{"x": 1}')},
        {"key": encode("ü"), "value": encode("text"), "lease": 7587862094},
        {"key": encode("empty")},
    ]
    file = write_lines(tmp_path / "etcd.json", {"header": {"revision": 3}, "kvs": entries, "count": 3})

    finished = kv.run("import", "--from", "etcd", "--parse-json", str(file))

    assert (finished.returncode, finished.stdout) == (0, b"written 3, skipped 0, expired 0, refused 0\n")
    assert finished.stderr == b"leases are not kept: 1 pairs had some\n"
    assert [(pair["key"], pair["value"]) for pair in kv.read("ls")] == [("a", {"x": 1}), ("empty", ""), ("ü", "text")]


@pytest.mark.parametrize(
    ("origin", "content", "reason"),
    [
        ("consul", "nonsense", "This is not the output of `consul kv export`: Expecting value"),
        ("consul", "{}", "This is not the output of `consul kv export`, which is a JSON array."),
        ("consul", '[{"key": "a", "value": "%%%"}]', "Entry 1 is not what `consul kv export` writes. Nothing was imported."),
        ("consul", "[7]", "Entry 1 is not what `consul kv export` writes."),
        ("etcd", "[]", 'This is not the output of `etcdctl get --prefix "" -w json`, which has `header` and `kvs`.'),
        ("etcd", '{"header": {}, "kvs": [{"key": "/w=="}]}', "The key of entry 1 is not UTF-8. Nothing was imported."),
    ],
)
def test_other_files_are_no_exports_of_theirs(kv: Kv, origin: str, content: str, reason: str) -> None:
    assert kv.refuse(1, "import", "--from", origin, typed=content.encode()).startswith(reason)


def test_a_copy_is_exact_and_follows(kv: Kv) -> None:
    source = kv.environment["KV_NAMESPACE"]
    target = f"{source}-copy"
    kv("ns", "create", target, "--default-ttl", "1h")
    for key in ("kept", "other", "short"):
        kv("put", key, "source")
    kv("put", "typed", "1", "--json")
    kv("ttl", "short", "1h")
    for key, value in (("kept", "source"), ("other", "target"), ("too-many", "x")):
        kv("put", key, value, "-n", target, "--ttl", "never")
    kv("put", "typed", "1.0", "--json", "-n", target)

    assert kv.refuse(2, "copy", source, target).endswith("Go on? Without a terminal, confirm with --yes.")

    def read(namespace: str) -> dict[str, Any]:
        return {pair["key"]: pair["value"] for pair in kv.read("ls", "-n", namespace)}

    with kv.running("copy", source, target, "--yes") as copy:
        assert copy.read_error() == "written 3, deleted 1, unchanged 1\n"
        assert copy.read_error() == f"{target} is a copy as of revision {kv.at(5)}, and follows. Ctrl-C stops.\n"
        kv("put", "new", "source")
        kv("put", "kept", "changed")
        kv("rm", "other")
        kv("ttl", "short", "500ms")
        wait_until(lambda: read(source) == read(target) == {"kept": "changed", "new": "source", "typed": 1}, "the copy", 60)
        assert {pair["expires_at"] for pair in kv.read("ls", "-n", target)} == {None}
        copy.process.send_signal(signal.SIGINT)
        assert copy.process.wait(30) == 130
    kv("ns", "delete", target, "--force", "--yes")


def test_a_copy_of_a_moment_keeps_expiries(kv: Kv) -> None:
    source = kv.environment["KV_NAMESPACE"]
    target = f"{source}-copy"
    kv("ns", "create", target)
    kv("put", "a", "1", "--ttl", "1h")
    kv("put", "b", "2")

    finished = kv.run("copy", "--once", source, f"default:{target}")
    again = kv.run("copy", "--once", source, target, "--yes")

    assert (finished.returncode, finished.stderr) == (0, b"written 2, deleted 0, unchanged 0\n")
    assert (again.returncode, again.stderr) == (0, b"written 0, deleted 0, unchanged 2\n")
    for pair, copied in zip(kv.read("ls"), kv.read("ls", "-n", target), strict=True):
        assert (copied["value"], copied["expires_at"]) == (pair["value"], pair["expires_at"])
    assert kv.refuse(2, "copy", source, source) == "That is the same namespace twice."
    assert kv.refuse(2, "copy", source, ":x") == "':x' is not [PROFILE:]NAMESPACE."
    assert "There is no profile" in kv.refuse(3, "copy", source, "absent:x")
    kv("ns", "delete", target, "--force", "--yes")


def test_a_copy_outlives_a_restart_of_the_server(own_store: Store, tmp_path: Path) -> None:
    give_grants(own_store, "admin:*")
    kv = Kv(tmp_path, own_store).log_in()
    kv("ns", "create", "copy")
    kv("put", "a", "1")
    with kv.running("copy", "default", "copy") as copy:
        assert copy.read_error() == "written 1, deleted 0, unchanged 0\n"
        own_store.key_value.kill()
        assert any("waiting for the server" in line for line in iter(copy.read_error, ""))
        own_store.key_value.start().wait_until_ready()
        kv("put", "b", "2")

        wait_until(lambda: kv("ls", "-n", "copy") == "a\nb\n", "the copy", 60)


def test_a_watch_runs_a_command_for_each_change(kv: Kv, tmp_path: Path) -> None:
    out = tmp_path / "out"
    kv("put", "orders/1", "x")
    kv("put", "other", "x")
    kv("rm", "orders/1")
    command = f'echo "$KV_REVISION $KV_KIND $KV_KEY $(cat)" >> {out}; test "$KV_KIND" = written'

    finished = kv.run("watch", "orders/", "--after", f"{kv.revision}", "--limit", "2", "--exec", command)

    assert finished.returncode == 0
    assert finished.stderr == f"revision {kv.at(3)}, orders/1: the command ended with 1\n".encode()
    first, second = out.read_text().splitlines()
    assert first == f'{kv.at(1)} written orders/1 {{"revision":{kv.at(1)},"kind":"written","key":"orders/1","value":"x"}}'
    assert second.startswith(f'{kv.at(3)} deleted orders/1 {{"revision":{kv.at(3)},"kind":"deleted","key":"orders/1"')


def test_a_watch_whose_changes_are_gone_is_a_conflict(kv: Kv) -> None:
    assert "revision-gone" in kv.refuse(4, "watch", "--after", "999999")


def test_a_watch_goes_on_behind_a_restart(own_store: Store, tmp_path: Path) -> None:
    kv = Kv(tmp_path, own_store).log_in()
    with kv.running("watch", "--after", "0", "--output", "json") as watch:
        kv("put", "a", "1")
        assert json.loads(watch.read_line())["key"] == "a"

        own_store.key_value.kill()
        own_store.key_value.start().wait_until_ready()
        kv("put", "b", "2")

        assert json.loads(watch.read_line())["key"] == "b"


def test_servers_that_are_away_are_one_line(own_store: Store, tmp_path: Path) -> None:
    kv = Kv(tmp_path, own_store).log_in()
    kv("put", "a", "1")

    own_store.authorization.kill()
    assert kv("get", "a") == "1\n"
    own_store.key_value.kill()
    assert "onnect" in kv.refuse(7, "get", "a")
    assert "onnect" in kv.refuse(7, "import", typed=b'{"key":"a","value":1}\n')
    assert "onnect" in kv.refuse(7, "whoami")
    login = ("login", "--url", own_store.key_value.url, "--username", "x", "--authorization-url", own_store.authorization.url)
    assert "onnect" in kv.refuse(7, *login, "--password-file", "-", typed=b"x")
    assert "onnect" in kv.refuse(7, "stat")
    own_store.authorization.start().wait_until_ready()
    own_store.key_value.start().wait_until_ready()
    own_store.key_value_tarantool.kill()
    assert "store-unavailable" in kv.refuse(7, "get", "a")


def test_a_template_is_filled_in(kv: Kv, tmp_path: Path) -> None:
    kv("put", "db/host", "127.0.0.1")
    kv("put", "db/port", "5432", "--json")
    (tmp_path / "t").write_text(
        '{{ get("db/host") }}:{{ get("db/port") + 1 }} {{ get("absent", "none") }} {{ env("HOME") }}\n'
        '{% for name, value in pairs("db/").items() %}{{ name }}={{ value|json }}\n{% endfor %}'
    )
    out = tmp_path / "out"

    filled = f'127.0.0.1:5433 none {kv.home}\nhost="127.0.0.1"\nport=5432\n'
    assert kv("template", str(tmp_path / "t")) == filled
    assert kv("template", str(tmp_path / "t"), "-o", str(out), "--exec", "echo reload") == "reload\n"
    assert out.read_text() == filled
    assert kv("template", str(tmp_path / "t"), "-o", str(out), "--exec", "echo reload") == ""
    out.unlink()
    assert "the command ended with 3" in kv.refuse(1, "template", str(tmp_path / "t"), "-o", str(out), "--exec", "exit 3")


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ('x\n{{ get("absent") }}', 3, "no-such-pair"),
        ("x\n{{ absent }}", 1, ":2: 'absent' is undefined"),
        ("x\n\n{{ 1 / 0 }}", 1, ":3: division by zero"),
        ("x\n{% if %}", 1, ":2: Expected an expression"),
        ("{{ ''.__class__.__mro__ }}", 1, "is unsafe"),
        ("{{ get.__globals__ }}", 1, "is unsafe"),
        ("{% for x in range(10**9) %}{% endfor %}", 1, "Range too big"),
        ('{% include "/etc/passwd" %}', 1, "no loader"),
    ],
)
def test_a_template_that_cannot_be_filled_in_is_one_line(kv: Kv, tmp_path: Path, text: str, status: int, reason: str) -> None:
    (tmp_path / "t").write_text(text)

    assert reason in kv.refuse(status, "template", str(tmp_path / "t"))


def test_a_watched_template_waits_for_its_pairs_and_follows_them(kv: Kv, tmp_path: Path) -> None:
    (tmp_path / "t").write_text('{% if get("is-on", "") %}{{ get("late") }}{% else %}off{% endif %}\n')
    out, log = tmp_path / "out", tmp_path / "log"
    with kv.running("template", str(tmp_path / "t"), "-o", str(out), "--watch", "--exec", f"cat {out} >> {log}"):
        wait_until(lambda: log.exists() and log.read_text() == "off\n", "the first output", 60)
        kv("put", "unrelated", "x")
        kv("put", "is-on", "yes")
        kv("put", "late", "first")
        wait_until(lambda: log.read_text() == "off\nfirst\n", "the second output", 60)
        kv("put", "late", "second")
        wait_until(lambda: log.read_text() == "off\nfirst\nsecond\n", "the third output", 60)
        kv("rm", "is-on")
        wait_until(lambda: log.read_text() == "off\nfirst\nsecond\noff\n", "the last output", 60)


def edit_with(kv: Kv, tmp_path: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\nset -e\n{script}\n")
    editor.chmod(0o700)
    kv.environment["EDITOR"] = str(editor)
    return kv.run("edit", *arguments)


def test_an_edited_value_is_written_and_keeps_its_expiry(kv: Kv, tmp_path: Path) -> None:
    kv("put", "text", "hello", "--ttl", "1h")
    kv("put", "object", '{"a": 1}', "--json")

    assert edit_with(kv, tmp_path, "sed -i s/hello/bye/ $1", "text").stdout == f"replaced text, revision {kv.at(3)}\n".encode()
    assert edit_with(kv, tmp_path, "sed -i s/1/2/ $1", "object").stdout == f"replaced object, revision {kv.at(4)}\n".encode()
    assert edit_with(kv, tmp_path, "echo new > $1", "new").stdout == f"created new, revision {kv.at(5)}\n".encode()
    assert edit_with(kv, tmp_path, "true", "text").stdout == b"Nothing has changed.\n"

    assert kv("get", "text", "object", "new", "--raw") == 'bye{"a":2}new'
    assert 3500 < float(kv("ttl", "text")) <= 3600


def test_an_edit_that_comes_too_late_shows_the_conflict_and_keeps_the_text(kv: Kv, tmp_path: Path) -> None:
    kv("put", "text", "hello")

    finished = edit_with(kv, tmp_path, f"{SCRIPT} put text theirs; echo mine > $1", "text")

    assert finished.returncode == 4
    *difference, kept, last = finished.stderr.decode().splitlines()
    assert difference == ["--- as you began", "+++ as it is", "@@ -1 +1 @@", "-hello", "+theirs"]
    assert last == f"error: text has changed meanwhile, to revision {kv.at(2)}. Nothing was written."
    file = Path(kept.removeprefix("what you have written is in "))
    assert file.read_text() == "mine\n"
    file.unlink()
    assert kv("get", "text") == "theirs\n"


def test_an_edit_that_fails_changes_nothing(kv: Kv, tmp_path: Path) -> None:
    kv("put", "object", '{"a": 1}', "--json")

    failed = edit_with(kv, tmp_path, "exit 3", "object")
    broken = edit_with(kv, tmp_path, "echo '{' > $1", "object")
    kv.environment["EDITOR"] = "no-such-editor"

    assert (failed.returncode, only_line(failed.stderr)) == (1, "The editor ended with 3. Nothing was written.")
    kept, last = broken.stderr.decode().splitlines()
    assert broken.returncode == 2
    assert last.startswith("error: The value is not JSON")
    Path(kept.removeprefix("what you have written is in ")).unlink()
    assert kv.refuse(8, "edit", "object").startswith("The editor 'no-such-editor' cannot be run")
    assert kv("get", "object", "--raw") == '{"a":1}'
