"""Artifacts are opened in one way, whatever they play, and a process prepares a file once."""

from pathlib import Path

import pytest

from live.declared.knob import KINDS as DECLARED
from live.engine.kinds import KINDS as VOICES
from live.engine.loading import Artifacts, check
from live.runtime import prepare as preparing
from live.runtime.kinds import kind as kinds
from live.runtime.kinds import table
from live.runtime.opening import opened, opened_to_play
from live.runtime.prepare import prepare
from models.contract.errors import ArtifactError
from tests.tiny import tiny_artifact
from tests.tiny_sound import tiny_sound_artifact


@pytest.fixture(params=[tiny_artifact, tiny_sound_artifact])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return request.param(tmp_path / "any.onnx")


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were looked at."""
    found: list[Path] = []
    real = preparing._prepared

    def counted(path: Path) -> object:
        found.append(path)
        return real(path)

    monkeypatch.setattr(preparing, "_prepared", counted)
    return found


def test_every_kind_has_its_line_in_both_tables() -> None:
    assert set(table.KINDS) == set(VOICES) == set(DECLARED)
    wanted = {name for name in vars(kinds.Reader) if not name.startswith("_")}
    for kind in table.KINDS:
        assert wanted <= set(vars(table.reader(kind)))


def test_a_file_that_is_opened_twice_is_prepared_once(path: Path, looked: list[Path]) -> None:
    first, again = opened(path), opened_to_play(path)
    assert prepare(path).digest == first.digest == again.digest
    assert looked == [path]
    artifacts = Artifacts(opened)
    kept = artifacts.open(path)
    assert artifacts.open(path) is kept
    one, other = (kept.take() for _ in range(2))
    assert looked == [path]
    # What keeps something of its own is nobody else's.
    assert (one is other) == (first.kind == "events")


def test_a_file_that_has_changed_or_whose_parts_have_is_prepared_again(
    path: Path, looked: list[Path]
) -> None:
    found = prepare(path)
    other = tiny_artifact(path.with_name("other.onnx"), seed=5)
    other.replace(path)
    assert prepare(path).digest != found.digest
    part = Path(next(iter(prepare(path).graphs.values())))
    part.write_bytes(b"")
    prepare(path)
    assert part.read_bytes()
    part.unlink()
    prepare(path)
    assert part.exists()
    assert looked == [path] * 4


def test_what_is_of_another_kind_is_said_in_one_sentence(path: Path) -> None:
    mine = opened(path).kind
    (other,) = set(table.KINDS) - {mine}
    with pytest.raises(ArtifactError, match=f"is a model of {mine} where one of {other} is needed"):
        opened(path, other)
    with pytest.raises(ArtifactError, match="and this voice plays"):
        check(opened(path), other)
