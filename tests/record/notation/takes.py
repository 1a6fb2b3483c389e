"""Takes to write down, and what readers of notation find in the files."""

import shutil
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import mido
import music21
import pytest

from live.engine.notes import operations as op
from live.engine.notes.operations import Line, SetMetre, Tempo
from live.ipc import acts
from live.ipc.wire import Who
from live.record.replay import Journal

FREE = {"key": "C", "scale": "chromatic"}
TEMPO = (Tempo(0.0, 0.0, 120.0),)
needs_abc2midi = pytest.mark.skipif(
    shutil.which("abc2midi") is None, reason="abc2midi is not installed (package abcmidi)"
)


class Heard(NamedTuple):
    """A note: where it begins and how long it lasts, in ticks, and its pitch."""

    onset: int
    length: int
    pitch: int


def journal(
    notes: dict[Who, Sequence[Heard]],
    measures: Sequence[tuple[int, int, int]] = ((4, 4, 0),),
    tempi: Sequence[Tempo] = TEMPO,
    knobs: dict[str, str | int | float] = FREE,
    turned: Sequence[tuple[float, str, str]] = (),
) -> Journal:
    """A journal of these notes, as voices and the player leave them. measures: beats, unit, tick."""
    lines = []
    for who in sorted((who for who in notes if isinstance(who, int)), key=int):
        begin = op.Begin(path="none.onnx", digest="", knobs=knobs, tick=0)
        lines.append(Line(who, 0.0, begin))
        lines += [
            Line(who, 0.0, SetMetre(metre=beats, unit=unit, tick=tick, bar=1))
            for beats, unit, tick in measures
        ]
        lines += [Line(who, at, acts.SetKnob(knob, value)) for at, knob, value in turned]
    for who, own in notes.items():
        for number, (onset, length, pitch) in enumerate(sorted(own)):
            at = onset / 48
            if isinstance(who, int):
                did = op.Commit(
                    tick=onset, pitch=pitch, velocity=80, duration=length, number=number,
                    channel=who, heard=True,
                )  # fmt: skip
                lines.append(Line(who, at, did))
            else:
                lines.append(Line(who, at, acts.Play(tick=onset, pitch=pitch, velocity=80)))
                lines.append(Line(who, at, op.Lift(tick=onset + length, pitch=pitch)))
    return Journal(tuple(lines), tuple(tempi))


def of_abc2midi(path: Path) -> list[Heard]:
    """What abc2midi plays, in ticks of ours. It ends each note a tick of its own early."""
    made = path.with_suffix(".made.mid")
    done = subprocess.run(
        ["abc2midi", path, "-o", made], capture_output=True, text=True, timeout=60, check=False
    )
    assert "Error" not in done.stdout, done.stdout
    notes = []
    for track in mido.MidiFile(made).tracks:
        at, begun = 0, defaultdict(list)
        for message in track:
            at += message.time
            if message.type == "note_on" and message.velocity:
                begun[message.note].append(at)
            elif message.type in ("note_on", "note_off"):
                onset = begun[message.note].pop(0)
                notes.append(
                    Heard(round(onset / 20), round((at + 1) / 20) - round(onset / 20), message.note)
                )
    return sorted(notes)


def of_music21(path: Path) -> list[Heard]:
    """What music21 finds in a file, ties joined."""
    notes = []
    for part in music21.converter.parse(path).parts:
        going: dict[int, tuple[int, int]] = {}
        flat = part.flatten().notes
        for one in sorted(flat, key=lambda one: one.offset):
            for note in one.notes if one.isChord else [one]:
                pitch, at = note.pitch.midi, round(one.offset * 24)
                length = round(one.quarterLength * 24)
                tie = note.tie or one.tie
                kind = tie.type if tie else ""
                begun, before = (
                    going.pop(pitch, (at, 0)) if kind in ("stop", "continue") else (at, 0)
                )
                if kind in ("start", "continue"):
                    going[pitch] = (begun, before + length)
                else:
                    notes.append(Heard(begun, before + length, pitch))
        assert not going
    return sorted(notes)


def bars_of(path: Path) -> list[tuple[str | None, int | None, float]]:
    """Each bar of the first part as music21 finds it: its metre and sharps where they are written, its length."""
    found = []
    for bar in music21.converter.parse(path).parts[0].getElementsByClass("Measure"):
        metre = bar.timeSignature.ratioString if bar.timeSignature else None
        key = bar.keySignature.sharps if bar.keySignature else None
        found.append((metre, key, float(bar.duration.quarterLength)))
    return found
