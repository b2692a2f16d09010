"""Stack tests run it all for real: the Pulumi CLI, the local Azure, the processes of the flow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack.project import Project


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.stack)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A fresh project; whatever a test leaves running in it is stopped."""
    project = Project.at(tmp_path / "project")
    yield project
    project.stop()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose local stack is up; for tests that only look."""
    project = Project.at(tmp_path_factory.mktemp("deployed") / "project")
    try:
        project.tools("up").must_work()
        yield project
    finally:
        project.stop()
