"""The proxy plays Azure's hosts and nothing else; nothing else is ever dialled."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest

from local_azure.proxy import Proxy
from tests.local_azure.world import LocalAzure

FOREIGN = (
    "https://example.com/",
    "https://ml.azure.com/",
    "https://management.azure.com.example.com/",
    "https://management.azure.com:8443/",
    "https://somebodyelse.blob.core.windows.net/",
    "https://127.0.0.1/",
    "https://169.254.169.254/metadata/identity",
    "http://management.azure.com/subscriptions",
)


@pytest.mark.local
@pytest.mark.parametrize("url", FOREIGN)
def test_a_host_that_is_not_played_is_refused_by_name(azure: LocalAzure, url: str) -> None:
    if url.startswith("https:"):
        with pytest.raises(httpx.ProxyError, match="403 Host not played"):
            azure.client().get(url)
    else:
        answer = azure.client().get(url)
        assert answer.status_code == 403
        assert "not played by the local Azure" in answer.text
    assert f"refused {httpx.URL(url).host}:" in (azure.home / "service.log").read_text()


@pytest.mark.parametrize("url", FOREIGN)
async def test_a_refused_host_is_not_even_looked_up(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialled: list[object] = []

    async def dial(*address: object, **_: object) -> None:
        dialled.append(address)
        raise OSError("nobody is to be dialled")

    monkeypatch.setattr(asyncio, "open_connection", dial)
    proxy = Proxy(site_port=1, blob_port=2, blob_host="ours.blob.core.windows.net")
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    await proxy.start(bound)
    reader, writer = await _connected(proxy.port)
    target = httpx.URL(url)
    writer.write(f"CONNECT {target.host}:{target.port or 443} HTTP/1.1\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await proxy.close()
    if url.startswith("https:"):
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert not dialled


async def _connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """What asyncio.open_connection does, which the test has replaced."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, protocol = await loop.create_connection(
        lambda: asyncio.StreamReaderProtocol(reader), "127.0.0.1", port
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("management.azure.com", 1),
        ("login.microsoftonline.com", 1),
        ("MANAGEMENT.azure.com", 1),
        ("ep.westeurope.inference.ml.azure.com", 1),
        ("local-openai.openai.azure.com", 1),
        ("eastus.api.azureml.ms", 1),
        ("cert-westeurope.experiments.azureml.net", 1),
        ("ours.blob.core.windows.net", 2),
    ],
)
def test_played_hosts_end_on_loopback(host: str, port: int) -> None:
    proxy = Proxy(site_port=1, blob_port=2, blob_host="ours.blob.core.windows.net")
    assert proxy.target(host, 443) == port
