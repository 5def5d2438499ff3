"""A certificate authority for one run: clients whose host is fixed in their code can trust it for as long as it lasts.

It is never installed anywhere. Its private key stays in memory and ends with the run, so a certificate file that is
left over vouches for nothing.
"""

from __future__ import annotations

import os
import shutil
import ssl
import tempfile
from pathlib import Path
from typing import Final

import trustme

HOST: Final = "api.flowroute.com"
ENVIRONMENT_OF_CLIENTS: Final = ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
"""Where curl, requests, OpenSSL and Node look for a certificate to trust."""


class ThrowawayAuthority:
    """The authority, the server's TLS settings, and the file that clients are told to trust."""

    def __init__(self, *, host: str = "127.0.0.1", ca_file: Path | None = None) -> None:
        """Make it all and write the file, readable for you alone.

        Args:
            host: the address that is listened on; the certificate is good for it too.
            ca_file: where to write the authority's certificate; unless given, into a new private folder.

        Raises:
            FileExistsError: there is something at ``ca_file`` already; it may be somebody's real list of authorities.
            OSError: it cannot be written.
        """
        authority = trustme.CA(
            organization_name="Flowroute simulator, not to be trusted", organization_unit_name="one run"
        )
        names = dict.fromkeys((HOST, "localhost", "127.0.0.1", "::1", host))
        certificate = authority.issue_cert(*names)
        self.context: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.set_alpn_protocols(["http/1.1"])
        certificate.configure_cert(self.context)
        self._folder = None if ca_file is not None else tempfile.mkdtemp(prefix="flowroute-simulator-")
        self.ca_file: Final = Path(ca_file or Path(str(self._folder)) / "ca.pem").absolute()
        _write_new(self.ca_file, authority.cert_pem.bytes())

    def close(self) -> None:
        """Remove what was written."""
        self.ca_file.unlink(missing_ok=True)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def environment(proxy_url: str, ca_file: Path) -> dict[str, str]:
    """What a client needs in its environment to find ``https://api.flowroute.com/`` here, and to trust it."""
    settings = {"HTTPS_PROXY": proxy_url, **dict.fromkeys(ENVIRONMENT_OF_CLIENTS, str(ca_file))}
    return {**settings, "NODE_USE_ENV_PROXY": "1"}  # Node's own fetch and https look at HTTPS_PROXY only then


def _write_new(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
