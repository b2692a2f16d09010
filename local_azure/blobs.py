"""The platform's own access to the world's storage account (with its key, straight to Azurite)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import formatdate
from html import unescape
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlencode, urlsplit

import aiohttp

from local_azure.certificates import Authority
from local_azure.world import World

API_VERSION = "2021-12-02"
SUFFIX = ".blob.core.windows.net"


class BlobError(Exception):
    """Storage refused, or the URI is not of this world's account."""


class Blobs:
    """Create containers, list, read and write blobs of the one account."""

    def __init__(self, world: World, authority: Authority) -> None:
        self._account = world.storage_account
        self._key = base64.b64decode(world.storage_key)
        self._context = authority.client_context()
        self._session: aiohttp.ClientSession | None = None
        self.port = 0
        """Azurite's TLS port; set when it listens."""

    @property
    def url(self) -> str:
        """`https://ACCOUNT.blob.core.windows.net`."""
        return f"https://{self._account}{SUFFIX}"

    async def close(self) -> None:
        """Close connections."""
        if self._session is not None:
            await self._session.close()

    async def make_container(self, name: str) -> None:
        """Create a container; one that exists is left as it is."""
        status, body = await self._call("PUT", f"/{name}", {"restype": "container"})
        if status not in (201, 409):
            raise BlobError(f"container {name}: {status} {body[:200]!r}")

    async def names(self, container: str, prefix: str) -> list[str]:
        """All blob names under a prefix."""
        found: list[str] = []
        marker = ""
        while True:
            query = {"restype": "container", "comp": "list", "prefix": prefix}
            if marker:
                query["marker"] = marker
            status, body = await self._call("GET", f"/{container}", query)
            if status != 200:
                raise BlobError(f"list {container}/{prefix}: {status}")
            page = body.decode()
            found += [unescape(name) for name in re.findall(r"<Name>([^<]*)</Name>", page)]
            marker = unescape("".join(re.findall(r"<NextMarker>([^<]*)</NextMarker>", page)))
            if not marker:
                return found

    async def read(self, container: str, name: str) -> bytes:
        """A blob's content."""
        status, body = await self._call("GET", f"/{container}/{quote(name)}", {})
        if status != 200:
            raise BlobError(f"read {container}/{name}: {status}")
        return body

    async def write(self, container: str, name: str, content: bytes) -> None:
        """Put a block blob (in one piece: some MB at most), replacing one of that name."""
        headers = {"x-ms-blob-type": "BlockBlob"}
        status, body = await self._call(
            "PUT", f"/{container}/{quote(name)}", {}, content=content, headers=headers
        )
        if status != 201:
            raise BlobError(f"write {container}/{name}: {status} {body[:200]!r}")

    async def append(self, container: str, name: str, content: bytes) -> None:
        """Add to the end of an append blob (4 MB at most), made when it is not there."""
        path = f"/{container}/{quote(name)}"
        append = {"comp": "appendblock"}
        status, body = await self._call("PUT", path, append, content=content)
        if status == 404:
            made = {"x-ms-blob-type": "AppendBlob", "If-None-Match": "*"}
            await self._call("PUT", path, {}, headers=made)
            status, body = await self._call("PUT", path, append, content=content)
        if status != 201:
            raise BlobError(f"append to {container}/{name}: {status} {body[:200]!r}")

    async def download(self, uri: str, target: Path) -> int:
        """Copy a blob folder to `target`; returns the number of files.

        As rsync has it: a URI that ends with `/` means the content, one without the folder
        itself, whose name comes on top. A URI of one blob gives that file.

        Raises `BlobError` for foreign URIs and empty folders.
        """
        container, path = self.split(uri)
        parent = path if uri.endswith("/") else str(PurePosixPath(path).parent)
        cut = "" if parent in (".", "") else parent + "/"
        names = [
            name
            for name in await self.names(container, path)
            if name == path or name.startswith(path + "/")
        ]
        if not names:
            raise BlobError(f"there is nothing at {uri}")
        base = await asyncio.to_thread(target.resolve)
        for name in names:
            file = base / name[len(cut) :]
            if ".." in file.parts or not file.is_relative_to(base):
                raise BlobError(f"blob name {name!r} leads out of the folder")
            content = await self.read(container, name)
            await asyncio.to_thread(_write, file, content)
        return len(names)

    def signed(self, container: str, *, permissions: str, seconds: float) -> str:
        """A container's URI with a SAS of these permissions (`racwl`, in that order).

        Source: https://learn.microsoft.com/rest/api/storageservices/create-service-sas
        """
        until = datetime.fromtimestamp(time.time() + seconds, timezone.utc)
        given = {
            "sp": permissions,
            "se": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "spr": "https",
            "sv": API_VERSION,
            "sr": "c",
        }
        lines = [permissions, "", given["se"], f"/blob/{self._account}/{container}"]
        lines += ["", "", given["spr"], given["sv"], given["sr"], *[""] * 7]
        digest = hmac.new(self._key, "\n".join(lines).encode(), hashlib.sha256).digest()
        query = urlencode({**given, "sig": base64.b64encode(digest).decode()})
        return f"{self.url}/{container}?{query}"

    def split(self, uri: str) -> tuple[str, str]:
        """Container and path of an https blob URI of this account."""
        parts = urlsplit(uri)
        if (parts.hostname or "").lower() != f"{self._account}{SUFFIX}":
            raise BlobError(f"{parts.hostname} is no storage account of this local Azure")
        container, _, path = unquote(parts.path).strip("/").partition("/")
        return container, path

    async def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        headers = {
            "x-ms-date": formatdate(usegmt=True),
            "x-ms-version": API_VERSION,
            **(headers or {}),
        }
        headers["Authorization"] = self._signed(
            method, path, query, headers=headers, length=len(content)
        )
        headers["Host"] = f"{self._account}{SUFFIX}"
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False)
        async with self._session.request(
            method,
            f"https://127.0.0.1:{self.port}{path}",
            params=query,
            headers=headers,
            data=content or None,
            skip_auto_headers=("Content-Type", "User-Agent"),
            ssl=self._context,
            server_hostname=f"{self._account}{SUFFIX}",
        ) as answer:
            return answer.status, await answer.read()

    def _signed(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        headers: Mapping[str, str],
        length: int,
    ) -> str:
        """The Shared Key authorization of a request with no content headers but its length."""
        standard = ["", "", str(length or ""), *[""] * 5, headers.get("If-None-Match", ""), "", ""]
        own = {name: value for name, value in headers.items() if name.startswith("x-ms-")}
        named = "".join(f"{name}:{own[name]}\n" for name in sorted(own))
        asked = "".join(f"\n{name}:{query[name]}" for name in sorted(query))
        lines = "\n".join([method, *standard])
        plain = f"{lines}\n{named}/{self._account}{path}{asked}"
        digest = hmac.new(self._key, plain.encode(), hashlib.sha256).digest()
        return f"SharedKey {self._account}:{base64.b64encode(digest).decode()}"


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
