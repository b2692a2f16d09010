"""Cases of the rules about traffic: each with a scene that obeys it and one that breaks it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.specs.rule_scenes import Scene, a_deployment

KUBERNETES = "name: chat\nauth_mode: key\ncompute: azureml:cluster\n"


def two(entry: str, *, endpoint: str = "") -> Scene:
    """Two deployments and what the stack says about their traffic."""
    return Scene(
        endpoint=endpoint or Scene().endpoint,
        deployments=(a_deployment(), a_deployment(name="green")),
        entry="endpoint: endpoint.yml\n" + entry,
    )


TRAFFIC_CASES: Mapping[str, tuple[Scene, Scene]] = {
    "traffic-unknown-deployment": (
        two("traffic: {Blue: 100}\n"),
        two("traffic: {red: 100}\n"),
    ),
    "traffic-range": (
        two("traffic: {blue: 100, green: 0}\n"),
        two("traffic: {blue: 110, green: -10}\n"),
    ),
    "traffic-total": (two("traffic: {blue: 90, green: 10}\n"), two("traffic: {blue: 90}\n")),
    "traffic-unsaid": (two("traffic: {blue: 100}\n"), two("")),
    "traffic-nowhere": (two("traffic: {blue: 100}\n"), two("traffic: {blue: 0}\n")),
    "mirror-one": (
        two("traffic: {blue: 100}\nmirror_traffic: {green: 10}\n"),
        two("traffic: {blue: 100}\nmirror_traffic: {green: 10, blue: 5}\n"),
    ),
    "mirror-share": (
        two("traffic: {blue: 100}\nmirror_traffic: {green: 50}\n"),
        two("traffic: {blue: 100}\nmirror_traffic: {green: 51}\n"),
    ),
    "mirror-unknown-deployment": (
        two("traffic: {blue: 100}\nmirror_traffic: {green: 10}\n"),
        two("traffic: {blue: 100}\nmirror_traffic: {red: 10}\n"),
    ),
    "mirror-live": (
        two("traffic: {blue: 100}\nmirror_traffic: {green: 10}\n"),
        two("traffic: {blue: 90, green: 10}\nmirror_traffic: {green: 10}\n"),
    ),
    "mirror-kubernetes": (
        two("traffic: {blue: 100}\nmirror_traffic: {green: 10}\n"),
        two("traffic: {blue: 100}\nmirror_traffic: {green: 10}\n", endpoint=KUBERNETES),
    ),
}
