"""A journal read back, and done again operation by operation."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from live.declared.knob import SOUNDS
from live.engine.loading import Opener
from live.engine.notes import operations as op
from live.engine.notes.generator import Generator
from live.engine.notes.guard import OFF
from live.engine.notes.operations import Line, Tempo
from live.engine.routing import Listening, Routing
from live.ipc import acts
from live.ipc.wire import Segment, Who
from live.record import mementos
from live.record.records import BROKEN, MOST, Reading
from live.time.clock import Timeline
from models.contract import border as borders
from models.contract import files
from models.contract.errors import GivenError


class ReplayError(GivenError):
    """A journal that cannot be read, or whose artifact has changed."""


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal's lines, and the clock that went with them.

    holes: how many lines are missing, by the index of the line that follows them. folder: where the
    mementos lie that it goes on from.
    """

    lines: tuple[Line, ...]
    tempi: tuple[Tempo, ...]
    holes: Mapping[int, int] = field(default_factory=dict)
    folder: Path = Path()

    @property
    def timeline(self) -> Timeline:
        """Return the clock; beat 0 is where it began."""
        return Timeline(tuple(Segment(beat=t.beat, at=t.at, tempo=t.tempo) for t in self.tempi))


_LINE: Final = 1 << 20
"""Bytes of a line that is read, far beyond any that is written."""


def parse(lines: Iterable[str | bytes], where: str = "the journal") -> Journal:
    """Read a journal's lines, with or without its header.

    A last line that was cut off by a crash is left out. Raises ReplayError for anything else that
    is not a journal, or where it does not begin with a voice.
    """
    reading = Reading()
    broken = 0
    for number, text in enumerate(lines, 1):
        if broken:
            what = f"is broken in line {broken}: replay a copy that ends before it"
            if broken == 1:
                what = "is not a journal, or its first line is broken: replay a copy without that"
            raise ReplayError(f"{where} {what}.")
        try:
            reading.take(text.encode() if isinstance(text, str) else text, number == 1)
        except BROKEN:
            broken = number
        if reading.full():
            raise _too_long(where)
    if not any(isinstance(line.did, op.Begin) for line in reading.lines):
        raise ReplayError(f"{where} is not a journal of a performance: no voice begins in it.")
    return Journal(tuple(reading.lines), tuple(reading.tempi), reading.holes)


def read(path: Path) -> Journal:
    """Read a journal's file; see `parse`. What is no file, or too large for one, is refused too."""
    try:
        with border(str(path)), files.opened(path, MOST) as file:
            found = parse(iter(partial(file.readline, _LINE), b""), str(path))
            return replace(found, folder=path.parent)
    except files.TooLargeError as error:
        raise _too_long(str(path)) from error
    except files.FileError as error:
        raise ReplayError(str(error)) from error


def _too_long(where: str) -> ReplayError:
    return ReplayError(
        f"{where} has more than a day of playing, or more than {MOST >> 20} MB: replay a copy that ends before that."
    )


def border(where: str = "The journal") -> AbstractContextManager[None]:
    """Let only errors of our own out of what reads a journal, or does it again."""
    return borders.border(
        lambda said: ReplayError(
            f"{where} holds what no performance does ({said}): replay a copy that was not changed."
        )
    )


Watch = Callable[[Line, Generator], None]
"""Told a voice's line, and what plays it, before it is done again."""


def _nobody(line: Line, voice: Generator) -> None:
    pass


def replay(journal: Journal, opener: Opener, watch: Watch = _nobody) -> int:
    """Do everything in a journal again; return how many notes came out the same.

    What voices of sound were asked is passed over: when they drew is not in the journal.

    Raises ReplayError at the first note that differs or before which lines are missing, or where
    an artifact has changed since; ArtifactError where one cannot be played.
    """
    with border():
        return _replayed(journal, opener, watch)


def _replayed(journal: Journal, opener: Opener, watch: Watch) -> int:
    voices: dict[int, Generator] = {}
    begun: dict[int, op.Begin] = {}
    playing: dict[int, op.Begin | acts.Load] = {}
    routing = Routing()
    same = 0
    sounds = _of_sound(journal)
    for index, line in enumerate(journal.lines):
        if index in journal.holes:
            raise _lacking(journal, index, same)
        if not isinstance(line.voice, int) or line.voice in sounds:
            continue
        if isinstance(line.did, op.Begin):
            begun[line.voice] = line.did
        elif line.voice not in begun and not isinstance(line.did, op.SetMetre):
            raise _lacking(journal, index, same)
        voice = voices.setdefault(
            line.voice, Generator(line.voice, lambda path: opener(path).take())
        )
        match line.did:
            case op.Begin() | acts.Load():
                _check_digest(line.did, opener)
                playing[line.voice] = line.did
            case op.Plan() if voice.knobs.novelty != OFF:
                _check_index(playing[line.voice], voice)
            case op.Restore(digest=digest):
                model = opener(playing[line.voice].path).take()
                voice.mementos[digest] = mementos.read(line.did, journal.folder, model)
        if isinstance(line.did, op.Commit):
            earlier = begun[line.voice].held_start
            if voice.coming is None or voice.coming[1] != line.did.number:
                raise _lacking(journal, index, same, earlier)
            _compare(voice, line.did, earlier)
            same += 1
        watch(line, voice)
        voice.do(line.did)
        _spread(line.voice, line.did, voices, routing)
    if len(journal.lines) in journal.holes:
        raise _lacking(journal, len(journal.lines), same)
    return same


def _of_sound(journal: Journal) -> set[Who]:
    """Return which voices are of sound."""
    begun = ((line.voice, line.did) for line in journal.lines)
    return {who for who, did in begun if isinstance(did, op.Begin) and did.kind in SOUNDS}


def _spread(
    voice: int, done: op.Operation, voices: Mapping[int, Generator], routing: Routing
) -> None:
    """Give a note that was heard to the voices that heard it, as the engine did."""
    match done:
        case op.Begin() | acts.SetKnob():
            knobs = voices[voice].knobs
            routing.set(voice, Listening.of(knobs, knobs.channel, knobs.chords_channel))
        case op.Commit(heard=True) as did:
            for number in routing.hearers(voice, did.channel):
                touch = not routing.returns(voice, number)
                voices[number].others.hear(voice, did.note, touch)


def _check_digest(did: op.Begin | acts.Load, opener: Opener) -> None:
    if opener(did.path).digest != did.digest:
        raise ReplayError(f"{did.path} has changed since: replay needs the artifact as it was.")


def _check_index(did: op.Begin | acts.Load, voice: Generator) -> None:
    if voice.index != did.index:
        raise ReplayError(
            f"{did.path} does not have the index beside it that novelty went by: replay needs that as it was"
            f" (SHA-256 {did.index[:16]}...)."
        )


def _compare(voice: Generator, played: op.Commit, earlier: bool) -> None:
    """Raise ReplayError where a note is not as it was. earlier: an earlier extempo made the journal."""
    assert voice.coming is not None
    note, _ = voice.coming
    now = (note.onset, note.pitch, note.velocity, note.duration)
    then = (played.tick, played.pitch, played.velocity, played.duration)
    if (*now, note.offset) == (*then, played.offset):
        return
    why = "another machine or version of onnxruntime rounds otherwise, or a knob's line is missing."
    if earlier:
        why = f"{_EARLIER}."
    raise ReplayError(
        f"Note {played.number} is {now} now and was {then} (tick, pitch, velocity, duration): {why}"
    )


_EARLIER: Final = (
    "the journal was made by an earlier extempo, which answered otherwise;"
    " -o writes its notes as they were"
)


def _lacking(journal: Journal, index: int, same: int, earlier: bool = False) -> ReplayError:
    """Return the error of a journal that lacks lines before one of its own.

    same: notes before that. earlier: an earlier extempo made it, so nothing may be missing at all.
    """
    number = next(
        (line.did.number for line in journal.lines[index:] if isinstance(line.did, op.Commit)), None
    )
    if earlier:
        return ReplayError(f"Note {number} does not come now: {_EARLIER}, or it lacks lines.")
    where = "at its end" if number is None else f"before note {number}"
    count = journal.holes.get(index)
    lines = f"{count} lines" if count else "lines"
    return ReplayError(
        f"The journal lacks {lines} {where}: the {same} notes before them come out the same, and "
        "those after them cannot be played again."
    )


def artifacts(journal: Journal) -> list[Path]:
    """Return the models that a journal names."""
    named = (line.did for line in journal.lines if isinstance(line.did, op.Begin | acts.Load))
    return [Path(path) for path in {did.path for did in named}]
