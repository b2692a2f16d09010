"""The world's certificate authority, and a certificate for each host it answers for."""

from __future__ import annotations

import ssl
from pathlib import Path

import certifi
import trustme

from local_azure.world import write_private


class Authority:
    """A CA kept in `home/ca`; clients trust it through `home/bundle.pem`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        folder = home / "ca"
        folder.mkdir(parents=True, exist_ok=True)
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        if key.exists() and certificate.exists():
            self._ca = trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
        else:
            self._ca = trustme.CA(
                organization_name="local Azure", organization_unit_name="certificate authority"
            )
            write_private(key, self._ca.private_key_pem.bytes().decode())
            self._ca.cert_pem.write_to_path(str(certificate))
        public = Path(certifi.where()).read_text("utf-8")
        own = certificate.read_text("utf-8")
        (home / "ca.pem").write_text(own, "utf-8")
        (home / "bundle.pem").write_text(f"{public.rstrip()}\n{own}", "utf-8")
        self._contexts: dict[str, ssl.SSLContext] = {}

    def files_for(self, name: str, *hosts: str) -> tuple[Path, Path]:
        """Certificate and key files for some hosts, made once per start (Azurite reads files)."""
        issued = self._ca.issue_cert(*hosts)
        certificate, key = (self.home / "ca" / f"{name}.{end}" for end in ("pem", "key"))
        chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
        certificate.write_bytes(chain)
        write_private(key, issued.private_key_pem.bytes().decode())
        return certificate, key

    def server_context(self) -> ssl.SSLContext:
        """TLS for our own site: the certificate follows the host name that the client asks for."""
        base = self._context_for("management.azure.com")

        def choose(
            connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext
        ) -> None:
            if name:
                connection.context = self._context_for(name)

        base.sni_callback = choose
        return base

    def client_context(self) -> ssl.SSLContext:
        """TLS for talking to Azurite: trusts this CA alone."""
        context = ssl.create_default_context(cafile=str(self.home / "ca.pem"))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def _context_for(self, host: str) -> ssl.SSLContext:
        context = self._contexts.get(host)
        if context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            leaf = self._ca.issue_cert(host)
            leaf.configure_cert(context)  # pyright: ignore[reportUnknownMemberType] - PyOpenSSL's
            context.set_alpn_protocols(["http/1.1"])
            self._contexts[host] = context
        return context
