"""The cache outside the checkout."""

from pathlib import Path
from threading import Thread

import pytest

from tools import cache


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_an_entry_is_under_the_xdg_cache(tmp_path: Path) -> None:
    assert cache.entry("azurite", "3.35.0-ab") == (
        tmp_path / "cache" / "flow-endpoints" / "azurite" / "3.35.0-ab"
    )


@pytest.mark.parametrize("useless", ["", "relative/path"])
def test_without_a_usable_xdg_cache_it_is_under_home(
    useless: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", useless)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.root() == tmp_path / ".cache" / "flow-endpoints"


def test_an_entry_is_built_once() -> None:
    builds: list[Path] = []

    def build(site: Path) -> None:
        builds.append(site)
        (site / "file").write_text("built")

    first = cache.ensure("thing", "1", build)
    assert cache.ensure("thing", "1", build) == first
    assert (first / "file").read_text() == "built"
    assert len(builds) == 1


def test_an_interrupted_build_leaves_nothing() -> None:
    def build(site: Path) -> None:
        (site / "half").write_text("")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.ensure("thing", "1", build)
    assert not cache.entry("thing", "1").exists()
    assert list(cache.entry("thing", "1").parent.iterdir()) == []


def test_what_a_killed_build_left_is_removed_by_the_next() -> None:
    place = cache.entry("thing", "1")
    leftover = place.parent / ".1.abcdef"
    leftover.mkdir(parents=True)
    cache.ensure("thing", "1", lambda _: None)
    assert not leftover.exists()


def test_two_at_once_build_once() -> None:
    builds: list[Path] = []
    threads = [Thread(target=cache.ensure, args=("thing", "1", builds.append)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(builds) == 1


def test_a_digest_tells_parts_apart() -> None:
    assert cache.digest("ab", "c") != cache.digest("a", "bc")
    assert cache.digest("ab", b"c") == cache.digest(b"ab", "c")
