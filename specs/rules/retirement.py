"""The end of prompt flow: 20 April 2027."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from specs.rules.book import Problem
from specs.rules.chapters import DEPLOYMENT
from specs.rules.subjects import DeploymentCase

_NOTICE = "Microsoft: prompt flow in Azure Machine Learning, retirement notice"

RETIRES = date(2027, 4, 20)
IMAGES = ("promptflow-runtime", "promptflow-python")


@DEPLOYMENT.rule("prompt-flow-retires", "warning", source=_NOTICE)
def retirement(case: DeploymentCase) -> Iterator[Problem]:
    """Prompt flow is retired on 20 April 2027; its images get no updates even now.

    Endpoint, roles, rollout and monitoring go on with any container that serves the same routes.
    """
    if not _uses(case):
        return
    left = (RETIRES - case.circumstances.today).days
    when = f"in {left} days ({RETIRES})" if left > 0 else f"on {RETIRES}, {-left} days ago"
    state = "is retired" if left > 0 else "was retired"
    images = "get no security updates any more" if left > 0 else "are not available any more"
    yield Problem(
        f"prompt flow {state} {when}; its images {images}",
        "Pin the image by digest, copy it into a registry of your own, and plan the move to a "
        "container of your own on the same endpoint.",
        case.part.place("environment") if case.part.has("environment") else case.part.place(),
    )


def _uses(case: DeploymentCase) -> bool:
    image = (case.environment.part.text("image") if case.environment else None) or ""
    return case.flow is not None or any(name in image for name in IMAGES)
