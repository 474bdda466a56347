"""Certificates for tests."""

import datetime as dt
import ssl
from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def make_certificate(path: Path, key_path: Path | None = None, *, has_expired: bool = False) -> None:
    """Write a certificate for localhost, which signs itself, and its key, into one file or into two, each replaced at once."""
    key = ec.generate_private_key(ec.SECP256R1())
    # Each has a name of its own, by which OpenSSL finds it among several that are trusted.
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, uuid4().hex)])
    now = dt.datetime.now(dt.UTC) - (dt.timedelta(days=2) if has_expired else dt.timedelta())
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    if key_path is None:
        replace(path, pem + key_pem)
    else:
        replace(key_path, key_pem)
        replace(path, pem)


def replace(path: Path, content: bytes) -> None:
    """Let the file have this content, and never a part of it."""
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(content)
    new.chmod(0o600)
    new.replace(path)


def trust(*paths: Path) -> ssl.SSLContext:
    """Return what a client connects with that trusts these certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for path in paths:
        context.load_verify_locations(path)
    return context
