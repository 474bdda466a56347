"""Which certificates of services are accepted."""

import os
import ssl


def choose_authorities(urls: str, ca_file: str | os.PathLike[str] | None) -> bool | ssl.SSLContext:
    """Return httpx's `verify` for services at these URLs: with the authorities in a PEM file, or those that browsers know.

    Raises OSError for a file that cannot be read, or has no certificates.
    """
    if ca_file is not None:
        return ssl.create_default_context(cafile=os.fspath(ca_file))
    # Without TLS, certificates need not be loaded, which takes longer than most programs' work.
    return "https://" in urls
