"""The base images: the official ones, or stand-ins made of Debian packages where those cannot be pulled.

The stand-ins for Python, HAProxy, RabbitMQ and Redis are Debian's; that for Node is this machine's Node; that for Tarantool is
Debian's Tarantool, or a program that is named, with the official image's entrypoint, environment, volume and health check, which
our Dockerfile has to override.
"""

import configparser
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

PULL_SECONDS = 600
RELEASE = "bookworm"  # the last one of Debian that has Tarantool
PACKAGES = (
    "ca-certificates", "haproxy", "python3", "python3-pip", "python3-venv", "rabbitmq-server", "redis-server", "tarantool",
)  # fmt: skip
# With other packages it is another image.
DEBIAN_IMAGE = f"key-value-store/stand-in-debian:{RELEASE}-{zlib.crc32(repr(PACKAGES).encode()):08x}"
STAND_IN_OF_2_6 = "/stand-in-tarantool"
STAND_INS = Path(__file__).with_name("stand_ins")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PIP_CONFIGURATIONS = (Path("/etc/pip.conf"), Path("~/.config/pip/pip.conf"), Path("~/.pip/pip.conf"))
PIP_NETWORK_SETTINGS = ("index-url", "extra-index-url", "trusted-host", "proxy")


def choose_base_images(
    choice: str, compose_files: Iterable[Path], cache: Path, environment: Mapping[str, str], program: Path | None = None
) -> dict[str, str]:
    """Return the settings …_IMAGE of the compose files.

    `choice`: official, stand-in or auto. `program`: a Tarantool for a stand-in, which runs on Debian 12.
    """
    texts = "".join(file.read_text() for file in compose_files)
    official = dict(re.findall(r"\$\{((?:PYTHON|NODE|TARANTOOL|HAPROXY|RABBITMQ|REDIS)_IMAGE):-([^}]+)\}", texts))
    if program is None and (
        choice == "official" or (choice == "auto" and all(_pulls(image, environment) for image in official.values()))
    ):
        return official
    _make_debian_image(cache, environment)
    return {
        "PYTHON_IMAGE": _build("python", environment),
        "NODE_IMAGE": _build("node", environment),
        "TARANTOOL_IMAGE": _build("tarantool", environment, program),
        "HAPROXY_IMAGE": DEBIAN_IMAGE,
        "RABBITMQ_IMAGE": _build("rabbitmq", environment),
        "REDIS_IMAGE": _build("redis", environment),
    }


def _pulls(image: str, environment: Mapping[str, str]) -> bool:
    try:
        pull = subprocess.run(
            ["docker", "pull", image], env=environment, timeout=PULL_SECONDS, capture_output=True, text=True, check=False
        )
    except subprocess.TimeoutExpired:
        print(f"{image} cannot be pulled within {PULL_SECONDS} seconds")
        return False
    if pull.returncode:
        print(f"{image} cannot be pulled: {pull.stderr.strip()}")
    return pull.returncode == 0


def _make_debian_image(cache: Path, environment: Mapping[str, str]) -> None:
    known = subprocess.run(["docker", "image", "inspect", DEBIAN_IMAGE], env=environment, capture_output=True, check=False)
    if known.returncode == 0:
        return
    if shutil.which("debootstrap") is None:
        sys.exit("Building a stand-in needs debootstrap, which is not installed.")
    cache.mkdir(parents=True, exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="debian_", dir=cache))
    try:
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", RELEASE, str(root), _debian_mirror()],
            stdout=subprocess.DEVNULL,
            check=True,
        )
        pack = subprocess.Popen(
            ["tar", "--create", "--directory", str(root), "--exclude=./var/cache/apt/*", "--exclude=./var/lib/apt/lists/*", "."],
            stdout=subprocess.PIPE,
        )
        subprocess.run(
            ["docker", "import", "-", DEBIAN_IMAGE], env=environment, stdin=pack.stdout, stdout=subprocess.DEVNULL, check=True
        )
        if pack.wait() != 0:
            sys.exit("The stand-in could not be packed.")
    finally:
        # debootstrap may have left something mounted: not to be deleted.
        subprocess.run(["rm", "--recursive", "--force", "--one-file-system", str(root)], check=False)


def _debian_mirror() -> str:
    """Return the Debian mirror that this machine's apt uses."""
    query = ["apt-get", "indextargets", "--format", "$(ORIGIN) $(CODENAME) $(REPO_URI)", "Created-By: Packages"]
    for _ in range(2):
        targets = subprocess.run(query, capture_output=True, text=True, check=True).stdout
        for target in targets.splitlines():
            if target.startswith(f"Debian {RELEASE} "):
                return target.split()[2]
        # The targets are known after the first update only.
        subprocess.run(["apt-get", "--quiet", "--quiet", "update"], check=True)
    sys.exit(f"This machine's apt has no source of Debian {RELEASE} to build the stand-in from.")


def _build(name: str, environment: Mapping[str, str], program: Path | None = None) -> str:
    image = f"key-value-store/stand-in-{name}"
    with tempfile.TemporaryDirectory() as directory:
        context = Path(directory)
        shutil.copytree(STAND_INS / name, context, dirs_exist_ok=True)
        if program is not None:
            image += "-given"
            shutil.copy(program, context / "tarantool")
        shutil.copy(CERTIFICATES, context / "ca-certificates.crt")
        with (context / "pip.conf").open("w") as file:
            _pip_settings().write(file)
        if name == "node":
            _copy_node(context)
        build = subprocess.run(
            ["docker", "build", "--quiet", "--tag", image, "--build-arg", f"DEBIAN_IMAGE={DEBIAN_IMAGE}", str(context)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if build.returncode:
            sys.exit(f"The stand-in of {name} cannot be built:\n{build.stderr}")
    return image


def _pip_settings() -> configparser.RawConfigParser:
    """Return this machine's pip settings for reaching a package index."""
    machine = configparser.RawConfigParser()
    machine.read(path.expanduser() for path in PIP_CONFIGURATIONS)
    settings = configparser.RawConfigParser()
    settings.add_section("global")
    for name in PIP_NETWORK_SETTINGS:
        variable = f"PIP_{name.upper().replace('-', '_')}"
        value = os.environ.get(variable, machine.get("global", name, fallback=""))
        addresses = [address for address in value.split() if not address.startswith("file:")]
        if addresses:
            settings.set("global", name, " ".join(addresses))
    return settings


def _copy_node(context: Path) -> None:
    """Copy this machine's Node with its npm, and the registry that npm is set up for."""
    node, npm = (shutil.which(command) for command in ("node", "npm"))
    if node is None or npm is None:
        sys.exit("Building the stand-in of node needs node and npm, which are not installed.")
    shutil.copy(Path(node).resolve(), context / "node")
    shutil.copytree(Path(npm).resolve().parents[1], context / "npm")
    registry = subprocess.run([npm, "config", "get", "registry"], capture_output=True, text=True, check=True).stdout
    (context / "npmrc").write_text(f"registry={registry.strip()}\ncafile=/etc/ssl/certs/ca-certificates.crt\n")
