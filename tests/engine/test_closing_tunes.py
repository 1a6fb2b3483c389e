"""Answers in letters come to an end too: on a strong beat, on a chord of the key, with a note that rings."""

import pytest

from live.engine.notes.decoders.abc import masks
from live.engine.notes.decoders.abc.cursor import NOTHING, PART, Tune
from live.engine.notes.decoders.abc.now import Now
from live.runtime.opening import Opened
from live.time.clock import Bars
from models.abc.reader import feed
from models.contract.grid import TICKS
from tests.engine.happening import perform
from tests.engine.test_closing import BAR, SCALE, line, onsets
from tests.engine.tunes import LETTERS, open_tunes, tune_artifact

SEEDS = range(12)
UNIT = TICKS // 2 * PART
"""Parts of an eighth."""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return open_tunes(tune_artifact(tmp_path_factory.mktemp("noise") / "noise.onnx"))


def _answer(opened, seed, **knobs):
    settled = {"mode": "respond", "silence": 0.4, "seed": seed, "bars": 2, **knobs}
    return onsets(perform(opened, 48, line(), **settled))


def _endings(opened, **knobs):
    """Yield the last onset of each answer, its notes and the bar line after it."""
    for seed in SEEDS:
        found = _answer(opened, seed, **knobs)
        last = max(found)
        yield last, found[last], -(-(last + 1) // BAR) * BAR


def test_answers_in_letters_end(opened):
    well = 0
    for last, notes, line_after in _endings(opened):
        rings = min(round(one.end * TICKS) - last for one in notes)
        well += (
            last % (2 * TICKS) == 0
            and rings >= 0.7 * (line_after - last)
            and {one.pitch % 12 for one in notes} <= {0, 4, 7}
        )
    # Noise writes itself into corners that no tune does.
    assert well >= 11


def test_turned_off_they_end_anywhere(opened):
    loose = [last % (2 * TICKS) for last, *_ in _endings(opened, closing=0)]
    assert sum(map(bool, loose)) >= 4


def test_letters_stay_in_the_players_range_and_in_one_line(opened):
    for seed in SEEDS:
        found = _answer(opened, seed)
        assert all(len(notes) == 1 for notes in found.values())
        pitches = [one.pitch for notes in found.values() for one in notes]
        assert min(SCALE) - 7 <= min(pitches) <= max(pitches) <= max(SCALE) + 7


def _legal(text, lands, last=frozenset({60, 64, 67, 72})):
    state = NOTHING
    for letter in "M:C\nL:1/8\nK:C\n" + text:
        state, _ = feed(state, letter)
    cursor = Tune(0, origin=0, line=0, state=state)
    allowed = frozenset(range(48, 90))
    alphabet = frozenset(LETTERS)
    now = Now(cursor, Bars(), allowed, 8, -1, alphabet, allowed, lands=lands * UNIT, last=last)
    return masks.legal(now)


def test_nothing_passes_by_the_landing_and_only_its_chord_begins_there():
    # Three eighths before it, a note has three at most.
    before = _legal("CDEFG", 7)
    assert set("23") <= before
    assert not before & set("468")
    # There, a note of the chord, no rest, no tie into it, nothing that would shift it.
    there = _legal("CDEF ", 4)
    assert set("CEG") <= there
    assert not there & set("DFABz-<>({")
    # It rings to the bar line, or nearly.
    assert _legal("CDEF G", 4) >= set("34")
    assert not _legal("CDEF G", 4) & set("2/ ")


def test_a_section_does_not_come_back_across_the_landing():
    text = "|:CDEF GABc|CDEF GABc"
    assert ":" in _legal(text, -1)
    assert ":" not in _legal(text, 20)
