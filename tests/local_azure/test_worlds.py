"""Several worlds at once: the same names in each, and nothing of one in another."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from local_azure.arm.shape import parse_object, text
from tests.local_azure.inhabitants import inhabitants
from tests.local_azure.world import ROOT, LocalAzure

pytestmark = pytest.mark.local
WORLDS = 4
NAME = "everywhere"
CLIENT = f"""
import json, os, warnings
warnings.simplefilter("ignore")
from azure.ai.ml import MLClient
from azure.ai.ml.entities import ManagedOnlineEndpoint
from azure.identity import EnvironmentCredential

ml = MLClient(EnvironmentCredential(), os.environ["AZURE_SUBSCRIPTION_ID"], "rg-local", "mlw-local")
for turn in range(5):
    wanted = ManagedOnlineEndpoint(name="{NAME}", tags={{"world": os.environ["WORLD"]}})
    made = ml.online_endpoints.begin_create_or_update(wanted).result()
    assert made.tags == wanted.tags, made.tags
    assert [one.name for one in ml.online_endpoints.list()] == ["{NAME}"]
key = ml.online_endpoints.get_keys("{NAME}").primary_key
print(json.dumps({{"key": key, "uri": made.scoring_uri}}))
"""


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[list[LocalAzure]]:
    """All started at the same time."""
    made = [LocalAzure(tmp_path / f"home-{n}") for n in range(WORLDS)]
    with ThreadPoolExecutor(WORLDS) as together:
        list(together.map(LocalAzure.start, made))
    yield made
    for world in made:
        world.stop()


def used(world: LocalAzure) -> tuple[str, str]:
    """Key and scoring URI of the endpoint that an unmodified client makes there."""
    done = subprocess.run(
        [sys.executable, "-c", CLIENT],
        cwd=ROOT,
        env={**world.environment(), "WORLD": world.home.name, "HOME": str(world.home.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = parse_object(done.stdout.splitlines()[-1])
    return text(said, "key"), text(said, "uri")


def status(uri: str, key: str) -> int:
    """What a scoring request is answered: 401 to a wrong key, 404 to a right one, as long as no
    deployment has traffic."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(uri, headers=headers, content=b"{}", trust_env=False).status_code


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_worlds_side_by_side_in_any_order_of_their_ends(worlds: list[LocalAzure]) -> None:
    with ThreadPoolExecutor(WORLDS) as together:
        seen = dict(zip(worlds, together.map(used, worlds), strict=True))
    keys = {world: key for world, (key, _) in seen.items()}
    uris = {world: uri for world, (_, uri) in seen.items()}
    assert len(set(keys.values())) == len(set(uris.values())) == WORLDS
    for world, uri in uris.items():
        assert {other: status(uri, key) for other, key in keys.items()} == {
            other: 404 if other is world else 401 for other in worlds
        }
    going = worlds.copy()
    random.Random(4).shuffle(going)  # noqa: S311  an order, no secret
    while going:
        gone = going.pop()
        ports = (gone.running.http_port, gone.running.proxy_port)
        gone.stop()
        assert inhabitants(gone.home) == set()
        assert all(map(is_free, ports))
        assert [status(uris[world], keys[world]) for world in going] == [404] * len(going)
        for world in going:
            tags = world.arm("GET", world.endpoint_id(NAME)).body["tags"]
            assert json.dumps(tags) == json.dumps({"world": world.home.name})
