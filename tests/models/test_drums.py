"""Drums as they are learned: the places where hits belong, what people make of them, and the kit."""

import mido
import numpy as np
import pytest

from models.contract.errors import ArtifactError
from models.contract.representations.drums import (
    DRUMS,
    KIT,
    OFFSETS,
    ON_PLACE,
    PLACES,
    drum_code,
    of,
    placed,
)
from models.corpus import sources
from models.corpus.encoders.drums import DrumsEncoder
from models.corpus.readers.midi import MidiReader


def written(path, hits, channel=9):
    """Write a file of hits: ticks of 480 a beat, MIDI key, velocity."""
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    at = 0
    for tick, key, velocity in hits:
        track.append(
            mido.Message(
                "note_on", note=key, velocity=velocity, channel=channel, time=max(tick - at, 0)
            )
        )
        at = tick
        track.append(mido.Message("note_off", note=key, channel=channel, time=1))
        at += 1
    file.tracks.append(track)
    file.save(path)
    return path


def steps(path):
    held = MidiReader().read(path)
    kept = MidiReader().held("it.mid", MidiReader().arrays(held))
    rng = np.random.default_rng(0)
    return DrumsEncoder(DRUMS).window(kept.pieces[0], 0, 64, rng, varied=True)


def test_hits_belong_to_the_nearest_place_and_keep_what_is_left_of_their_time(tmp_path):
    # A kick 10 ms early, a snare late, a ghost note between, a triplet.
    hits = [(475, 36, 100), (600, 42, 60), (970, 38, 110), (1084, 38, 20), (1120, 42, 70)]
    found = steps(written(tmp_path / "it.mid", hits))
    ticks = np.cumsum(found.codes[1:, 0])[1:] - found.codes[1, 0]
    assert ticks.tolist() == [6, 24, 30, 32]
    assert [KIT[code] for code in found.codes[1:, 1]] == [36, 42, 38, 38, 42]
    assert [OFFSETS[code] for code in found.codes[1:, 3]] == [-1, 0, 2, 1, 0]
    assert found.codes[1:, 2].tolist() == [velocity // 4 for _, _, velocity in hits]
    assert found.conditions[1:, 1].tolist() == [0, 6, 0, 6, 8]


def test_of_one_drum_at_one_place_the_hardest_hit_counts(tmp_path):
    found = steps(written(tmp_path / "it.mid", [(0, 38, 40), (12, 38, 90), (24, 36, 80)]))
    assert found.codes[1:, 1].tolist() == [0, 2]
    assert found.codes[2, 2] == 90 // 4


def test_every_place_has_offsets_of_its_own_and_every_time_one_place():
    for inside in range(2 * 96):
        tick, offset = placed(inside)
        assert tick % 24 in PLACES
        assert tick * 4 + OFFSETS[offset] == inside
    assert [placed(4 * tick) for tick in PLACES] == [(tick, ON_PLACE) for tick in PLACES]


def test_a_key_that_the_kit_lacks_is_the_drum_that_sounds_alike():
    assert [KIT[drum_code(key, KIT)] for key in (35, 22, 26, 57, 50, 39)] == [
        36, 42, 46, 49, 48, 38,
    ]  # fmt: skip
    assert [KIT[drum_code(key, KIT)] for key in (0, 127)] == [36, 55]
    assert drum_code(36, (35, 40)) == 0


@pytest.mark.parametrize("kit", [[], [40, 36], [36, 36], [128], ["C2"], list(range(65))])
def test_what_is_no_kit_is_refused_in_words(kit):
    with pytest.raises(ArtifactError, match=r"it\.onnx has no kit of 1 to 64 rising MIDI keys"):
        of({**DRUMS.vocabulary, "drum": kit}, "it.onnx")


def test_drums_written_otherwise_are_refused_in_words():
    with pytest.raises(ArtifactError, match="writes drums otherwise"):
        of({**DRUMS.vocabulary, "offset": [0]}, "it.onnx")


def test_of_a_folder_files_without_drums_are_left_out_and_those_of_drums_alone_are_not(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    for number in range(4):
        hits = [(240 * n, 36 + 2 * (n % 2), 60 + n + number) for n in range(16)]
        written(folder / f"drums{number}.mid", hits)
    written(folder / "piano.mid", [(480 * n, 60 + n, 80) for n in range(12)], channel=0)
    found = sources.whole(folder, tmp_path / "kept", ("drums",))
    assert len(found.pieces) == 4
    assert ["drum channel" in why for why in found.left.values()] == [True]
    found = sources.whole(folder, tmp_path / "kept", ("midi",))
    assert [path.name for path in found.paths] == ["piano.mid"]
