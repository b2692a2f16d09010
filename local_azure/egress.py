"""The environment variables that send a client to a world instead of a cloud."""

from __future__ import annotations

from pathlib import Path

from local_azure.world import World

LOOPBACK = "127.0.0.1,localhost"


def variables(home: Path, proxy_port: int) -> dict[str, str]:
    """Proxy and certificates: for deployments, and a part of what `env` prints."""
    proxy, bundle = f"http://127.0.0.1:{proxy_port}", str(home / "bundle.pem")
    return {
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "CURL_CA_BUNDLE": bundle,
    }


def client_environment(
    home: Path, world: World, *, proxy_port: int, http_port: int
) -> dict[str, str]:
    """All that an Azure client needs, the deployer's credentials included."""
    return {
        **variables(home, proxy_port),
        "AZURE_TENANT_ID": world.tenant_id,
        "AZURE_CLIENT_ID": world.deployer_client_id,
        "AZURE_CLIENT_SECRET": world.deployer_secret,
        "AZURE_SUBSCRIPTION_ID": world.subscription_id,
        "LOCAL_AZURE_HOME": str(home),
        "LOCAL_AZURE_URL": f"http://127.0.0.1:{http_port}",
    }
