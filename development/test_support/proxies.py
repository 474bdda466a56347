"""Real proxies with TLS in front of both services, configured as `documentation/proxies.md` shows."""

import atexit
import http.client
import os
import re
import shutil
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from test_support.certificates import make_certificate
from test_support.processes import ROOT, ProcessUnderTest, reserve_port, wait_until

GUIDE = ROOT / "documentation" / "proxies.md"
PROGRAMS = {"nginx": "/usr/sbin/nginx", "haproxy": "/usr/sbin/haproxy", "apache": "/usr/sbin/apache2", "caddy": "/usr/bin/caddy"}

_APACHE_MODULES = (
    "mpm_event", "authz_core", "socache_shmcb", "ssl", "headers", "filter", "deflate", "brotli", "proxy", "proxy_http",
)  # fmt: skip
_OTHER_USER = "www-data"
_USER = "" if os.getuid() else "user root;"


class Answer(NamedTuple):
    """A response, as it came over the network."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Proxy(ProcessUnderTest):
    """A proxy that publishes the services as https://localhost:PORT/kv/ and /auth/.

    `more`: lines for the configuration of what it publishes, such as for compression.
    """

    def __init__(self, name: str, folder: Path, *, key_value_port: int, authorization_port: int, more: str = "") -> None:
        if as_other_user := name == "apache" and os.getuid() == 0:
            # Apache gives up root by itself, but would then outlive a test run that is killed (prctl(2), PR_SET_PDEATHSIG).
            folder = Path(tempfile.mkdtemp())
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.port = reserve_port()
        self.host = f"localhost:{self.port}"
        self.url = f"https://{self.host}"
        self._access_log = folder / "access.log"
        certificate = folder / "certificate.pem"
        make_certificate(certificate)
        self.context = ssl.create_default_context(cafile=str(certificate))
        shown = re.search(rf"^```{name}\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
        assert shown is not None
        block = shown[1].replace("127.0.0.1:9080", f"127.0.0.1:{key_value_port}")
        block = block.replace("127.0.0.1:8080", f"127.0.0.1:{authorization_port}")
        block = block.replace("/etc/ssl/example.org.pem", str(certificate)).replace("/dev/log", "stdout format raw")
        block = re.sub(r"/var/log/\w+/access.log", str(folder / "access.log"), block)
        path = folder / "configuration"
        path.write_text(_complete(name, block, self.port, folder, more))
        arguments = {
            "nginx": ["-p", str(folder), "-e", "stderr", "-c", str(path)],
            "haproxy": ["-db", "-f", str(path)],
            "apache": ["-X", "-f", str(path)],
            "caddy": ["run", "--adapter", "caddyfile", "--config", str(path)],
        }[name]
        drop = ["setpriv", "--reuid", _OTHER_USER, "--regid", _OTHER_USER, "--clear-groups", "--pdeathsig", "KILL"]
        if as_other_user:
            for file in (folder, *folder.iterdir()):
                shutil.chown(file, _OTHER_USER, _OTHER_USER)
        environment = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        super().__init__([*(drop if as_other_user else ()), PROGRAMS[name], *arguments], environment, folder / "proxy.log")

    def wait_until_ready(self) -> "Proxy":
        """Return when requests reach both services."""
        wait_until(lambda: self._is_ready() or not self.is_running(), f"{self.name} ready")
        assert self.is_running(), self.output
        return self

    def send(self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request with exactly this target."""
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=20, context=self.context)
        try:
            connection.request(method, target, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        finally:
            connection.close()

    @property
    def access_log(self) -> str:
        """What it has logged of requests, and its other output."""
        return self.output + (self._access_log.read_text() if self._access_log.exists() else "")

    def _is_ready(self) -> bool:
        try:
            return all(self.send("GET", f"{path}/health/ready").status == http.client.OK for path in ("/kv", "/auth"))
        except (OSError, http.client.HTTPException):
            return False


def _complete(name: str, block: str, port: int, folder: Path, more: str) -> str:
    """Return the whole configuration: on a port of the test's own, in a folder of its own, in the foreground."""
    if name == "nginx":
        block = block.replace("listen 443", f"listen 127.0.0.1:{port}").replace("example.org", "localhost")
        block = block.replace("    client_max_body_size", f"    {more}\n    client_max_body_size")
        folders = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return (
            f"{_USER} daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{}}\n"
            f"http {{ access_log off; {folders}\n{block} }}\n"
        )
    if name == "haproxy":
        return block.replace("bind :443", f"{more}\n    bind 127.0.0.1:{port}")
    if name == "apache":
        modules = "".join(f"LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so\n" for module in _APACHE_MODULES)
        block = block.replace("*:443", f"127.0.0.1:{port}").replace("ServerName example.org", f"ServerName localhost\n    {more}")
        return (
            f"{modules}ServerRoot {folder}\nDefaultRuntimeDir {folder}\nPidFile {folder}/pid\nErrorLog {folder}/error.log\n"
            f"ServerName localhost\nListen 127.0.0.1:{port}\n{block}"
        )
    block = block.replace("example.org {", f"https://localhost:{port} {{\n    bind 127.0.0.1\n    {more}")
    return f"{{\n    admin off\n    auto_https disable_redirects\n    skip_install_trust\n}}\n{block}"
