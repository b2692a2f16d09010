"""Nothing of a deployment is left, and sockets have room for their paths."""

from __future__ import annotations

from pathlib import Path

from local_azure.serving.deployment_folders import DeploymentFolders, temporary_root
from tests.local_azure.serving.builders import a_deployment

LONG = "a-folder-with-a-long-name/in-another-one/of-which-there-are-many"


def test_the_temporary_folder_is_in_the_home(tmp_path: Path) -> None:
    home = Path("/srv/flows/.local/azure")
    assert temporary_root(home) == home / "tmp"


def test_a_long_home_has_a_short_one_of_its_own(tmp_path: Path) -> None:
    home = tmp_path / LONG
    root = temporary_root(home)
    assert not root.is_relative_to(home)
    assert root == temporary_root(home) != temporary_root(tmp_path / f"{LONG}-too")
    assert len(str(root / "12345678/pymp-12345678/listener-12345678")) <= 103
    folders = DeploymentFolders(home)
    claimed = folders.claim(a_deployment())
    assert claimed.temporary.parent == root
    assert root.stat().st_mode & 0o077 == 0
    folders.clear_temporary()
    assert not root.exists()


def test_what_somebody_else_put_there_is_not_taken(tmp_path: Path) -> None:
    home = tmp_path / LONG
    outside = temporary_root(home)
    outside.symlink_to(tmp_path)
    try:
        assert temporary_root(home) == home / "tmp"
    finally:
        outside.unlink()


def test_deployments_of_one_name_have_folders_of_their_own(tmp_path: Path) -> None:
    folders = DeploymentFolders(tmp_path)
    first = folders.claim(a_deployment())
    other = a_deployment().arm_id.replace("mlw-local", "mlw-other")
    second = folders.claim(a_deployment(arm_id=other))
    assert first.kept != second.kept
    assert first.temporary != second.temporary
    for one in (first, second):
        one.kept.mkdir(parents=True)
    folders.release(second)
    assert [one.name for one in first.kept.parent.iterdir()] == ["blue"]
    assert first.temporary.exists()
    assert not second.kept.exists()
    assert not second.temporary.exists()
    folders.release(first)
    assert not temporary_root(tmp_path).exists()
