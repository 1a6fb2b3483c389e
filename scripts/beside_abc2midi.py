#!/usr/bin/env python3
"""Holds how extempo reads ABC against abc2midi: the share of tunes and of notes with the same pitch, onset and length.

.venv-dev/bin/python scripts/beside_abc2midi.py tunes.abc more.abc

abc2midi is Debian's, of the package abcmidi. It is told to leave out fermatas (-NFER: music that is played
with others stays in time) and the accompaniment of chord symbols (gchordoff). Of notes that begin together at the
same pitch one counts, and none of no length. Its clock has 480 ticks a quarter note: onsets agree within two.

The first line says how many tunes agree as they are written. Some things abc2midi reads otherwise than the
standard, and otherwise than it says itself; a text that agrees once these are written in another way counts in
the second line, under their names:

- repeats: a repeat without a sign that opens it goes back to the last double bar line or repeat (standard, 4.8).
  abc2midi goes to the beginning of the tune, for the first one; and once a tune had endings it goes back to those.
  Where a second ending ends in :| it begins the section once more, and finds no third. Here the sign is
  written where it is meant.
- staccato: it does not apply broken rhythm beside a staccato note, because it has halved that before it compares
  their lengths. Here the dots beside > and < are left out, for both.
- grace: it drops grace notes before a bar line. Here they are written after it, for both.

What differs even then, in the 3,753 tunes of the corpus abc_pd sixteen: grace notes of which there are more after the
bar line, or with an accidental that then stands in the other bar; staccato notes that are tied; broken rhythm
after a chord, which it applies to notes of unequal length too; and slips in the text, such as a chord that is not
closed, of which it dies.
"""

import argparse
import re
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import mido

from models.abc.reader import read
from models.abc.state import BEAT

TICKS: Final = 480
WITHIN: Final = 2
"""Ticks by which onsets and lengths may differ: abc2midi ends each note a tick early, and rounds."""
SETTINGS: Final = ("%%MIDI gchordoff", "%%MIDI chordattack 0")
Heard = tuple[int, int, int]
"""Onset and length in ticks, and pitch."""
_DOTS: Final = re.compile(
    r"\.(?=[\^_=]*[A-Ga-g][,']*[\d/]*[\s()]*[<>])|(?<=[<>])([\s()]*(?:\{[^}]*\})?)\."
)


class Shares(NamedTuple):
    """What came of a comparison. tunes: those that agree; notes: that agree, abc2midi's, ours; and once
    what it reads otherwise is written in another way.
    """

    tunes: int
    of: int
    notes: tuple[int, int, int]
    once_written: tuple[int, int, int]
    reasons: Counter[str]
    others: tuple[int, ...]


def ours(tune: str) -> list[Heard]:
    """Return what extempo plays."""
    notes = {
        (round(one.onset * TICKS / BEAT), round(one.length * TICKS / BEAT), pitch)
        for one in read(tune)
        if one.voice >= 0
        for pitch in one.pitches
    }
    return sorted(note for note in notes if note[1] > WITHIN)


def theirs(tune: str) -> list[Heard]:
    """Return what abc2midi plays; nothing where it dies of a tune."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "t.abc").write_text(_alone(tune))
        command = ["abc2midi", "t.abc", "-NFER", "-o", "t.mid"]
        subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
        file = Path(folder, "t.mid")
        return _heard(file) if file.exists() and file.stat().st_size else []


def _alone(tune: str) -> str:
    """Return a tune with the fields that change what sounds, and our settings."""
    head, key, body = re.split(r"^(K:.*)$", tune, maxsplit=1, flags=re.MULTILINE)
    fields = [line for line in head.splitlines() if line[:2] in ("M:", "L:")]
    lines = [line for line in body.splitlines() if line.strip()]
    return "\n".join(("X:1", *fields, *SETTINGS, key, *lines)) + "\n\n"


def _heard(file: Path) -> list[Heard]:
    notes: set[Heard] = set()
    song = mido.MidiFile(file)
    for track in song.tracks:
        at, begun = 0, defaultdict(list)
        for message in track:
            at += message.time
            if message.type not in ("note_on", "note_off"):
                continue
            key = message.channel, message.note
            if message.type == "note_on" and message.velocity:
                begun[key].append(at)
            elif begun[key]:
                onset = begun[key].pop(0)
                notes.add((onset - 1, at - onset + 1, message.note))
    return sorted(note for note in notes if note[1] > WITHIN)


def agreeing(mine: Sequence[Heard], other: Sequence[Heard]) -> int:
    """Return how many notes are in both."""
    waiting: dict[int, list[Heard]] = defaultdict(list)
    for note in other:
        waiting[note[2]].append(note)
    count = 0
    for onset, length, pitch in mine:
        for note in waiting[pitch]:
            if abs(note[0] - onset) <= WITHIN and abs(note[1] - length) <= WITHIN:
                waiting[pitch].remove(note)
                count += 1
                break
    return count


class _Section:
    """Where the section of a voice begins; whether a sign says so; the number of the ending that is read."""

    def __init__(self, begins: int) -> None:
        self.begins, self.signed, self.ending = begins, False, 0

    def read(self, sign: str, after: int) -> int | None:
        """Read a sign; return where one that opens the section is missing."""
        missing = None if self.signed or sign in ("|:", "||", "|]", "[|") else self.begins
        if sign in ("::", "|:"):
            self.signed, self.ending = True, 0
        elif sign.isdigit():
            self.signed, self.ending = True, int(sign)
        elif sign == ":|" and self.ending == 1:
            return None
        elif sign == ":|" or self.ending or not self.signed:
            self.begins, self.signed, self.ending = after, False, 0
        return missing


def opened(tune: str) -> str:
    """Return a tune with a sign wherever a repeat begins without one, and none after a last ending."""
    head, key, body = re.split(r"^(K:.*\n)", tune, maxsplit=1, flags=re.MULTILINE)
    sections = {"": _Section(0)}
    voice, edits = "", {}
    for found in _SIGNS.finditer(body):
        if found[0].startswith("[V"):
            voice = found[0]
            sections.setdefault(voice, _Section(found.end()))
            continue
        section = sections[voice]
        last = section.ending > 1 and not re.match(r"\s*\[?\d", body[found.end() :])
        if last and found[0] == ":|":
            edits[found.start(), found.end()] = "|]"
        place = section.read(found[0], found.end())
        if place is not None:
            edits[place, place] = "|:"
    for (begin, end), sign in sorted(edits.items(), reverse=True):
        body = body[:begin] + sign + body[end:]
    return head + key + body


def undotted(tune: str) -> str:
    """Return a tune without staccato beside broken rhythm."""
    return _DOTS.sub("", tune)


def after_bars(tune: str) -> str:
    """Return a tune whose grace notes stand after the bar line."""
    return _GRACE.sub(r"\2\1", tune)


def compared(tunes: Sequence[str]) -> Shares:
    """Hold tunes against abc2midi, as they are and, where they differ, written in another way."""
    raw, after, agree, reasons = [0, 0, 0], [0, 0, 0], 0, Counter[str]()
    others = []
    for number, tune in enumerate(tunes):
        counts = _counts(ours(tune), theirs(tune))
        raw = [a + b for a, b in zip(raw, counts, strict=True)]
        if len(set(counts)) == 1:
            agree += 1
        elif found := _otherwise(tune):
            reason, counts = found
            reasons[reason] += 1
        else:
            others.append(number)
        after = [a + b for a, b in zip(after, counts, strict=True)]
    notes = (raw[0], raw[1], raw[2]), (after[0], after[1], after[2])
    return Shares(agree, len(tunes), *notes, reasons, tuple(others))


def _counts(mine: Sequence[Heard], other: Sequence[Heard]) -> tuple[int, int, int]:
    return agreeing(mine, other), len(other), len(mine)


def _otherwise(tune: str) -> tuple[str, tuple[int, int, int]] | None:
    """Return in which other writing both agree, and on how many notes."""
    for name, (for_us, for_it) in _OTHERWISE.items():
        counts = _counts(ours(for_us(tune)), theirs(for_it(tune)))
        if len(set(counts)) == 1:
            return name, counts
    return None


def split(text: str) -> list[str]:
    """Return the tunes of a file that have a key."""
    parts = re.split(r"\n[ \t]*\n", text.replace("\r", ""))
    return [part for part in parts if re.search(r"^K:", part, re.MULTILINE)]


def _as_is(tune: str) -> str:
    return tune


def _all(tune: str) -> str:
    return opened(after_bars(undotted(tune)))


_SIGNS: Final = re.compile(
    r"\[V:[^\]]*\]|(?:\[\||\|\]|\|\|)(?!\]?\s*:\||\d)|::|:\||\|:|(?<=[|[])\d"
)
_GRACE: Final = re.compile(r"(\{[^}]*\})(\)*\s*\|+:?\s*(?:\n\s*)?\|?)")
_OTHERWISE: Final[dict[str, tuple[Callable[[str], str], Callable[[str], str]]]] = {
    "repeats": (_as_is, opened),
    "staccato": (undotted, undotted),
    "grace": (_as_is, after_bars),
    "several": (undotted, _all),
}
"""How a tune is written in another way: for us, and for abc2midi."""


def main() -> None:
    """Compare the tunes of some files, and say what came of it."""
    parser = argparse.ArgumentParser(description="Holds how extempo reads ABC against abc2midi.")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--show", action="store_true", help="print the tunes that differ")
    given = parser.parse_args()
    tunes = [tune for file in given.files for tune in split(file.read_text("utf-8", "replace"))]
    shares = compared(tunes)
    same, other, mine = shares.notes
    print(f"{shares.tunes} of {shares.of} tunes agree as written: {shares.tunes / shares.of:.2%}")
    print(f"{same} notes agree: {same / other:.2%} of abc2midi's, {same / mine:.2%} of ours")
    both = shares.tunes + shares.reasons.total()
    print(f"{both} once written in another way: {both / shares.of:.2%}", dict(shares.reasons))
    same, other, mine = shares.once_written
    print(f"{same} notes then: {same / other:.2%} of abc2midi's, {same / mine:.2%} of ours")
    for number in shares.others:
        print(
            "differs:", re.sub(r"\n.*", "", tunes[number], flags=re.DOTALL), f"(tune {number + 1})"
        )
        if given.show:
            print(tunes[number], "\n")


if __name__ == "__main__":
    main()
