"""Blocks that are too long to be made when they are wanted, clips of a second: made ahead on a thread, and cut.

While one clip plays, the next is made, shaped by the controls of the moment at which the one that plays began: so
what is heard does not depend on how fast it is made. A clip that comes too late leaves silence and is counted;
nobody waits for it.
"""

import weakref
from threading import Lock, Thread
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from live.machine import realtime
from live.runtime.sound.stream import Bars, Controls, Snapshot, SoundModel, SoundStream
from models.contract.border import border
from models.contract.errors import ExtempoError
from models.contract.samples import FEATURES, HEARD, Sound
from models.contract.stream import Tensors

LONGEST: Final = 0.1
"""Seconds of a block that is made when it is wanted: at 192 kHz a ring holds little more."""
CUT: Final = 0.004
"""Seconds of the blocks that clips are cut into."""
EDGE: Final = 0.004
"""Seconds in which a clip falls silent where the next one is late, and in which one comes in after silence."""
_PLACE, _READY, _ASKED, _RISING, _SILENT = range(5)
"""The numbers of a moment: the place in the clip that plays, whether the next one is there, whether it was asked for,
whether the one that plays came in after silence, and whether silence follows it: 1 where the next is late."""
_WORD: Final = (1 << 64) - 1
_FIRST: Final = 2
"""Nothing has played yet: silence that nobody is to blame for."""


def ahead(model: SoundModel, waits: bool) -> SoundModel:
    """Return a model whose blocks are short enough to be made in time: this one, or one that makes its clips ahead.

    waits: nothing is played in time, so its streams make a clip when it is wanted, without a thread.
    """
    return model if model.block <= LONGEST * model.rate else Ahead(model, waits)


class Ahead:
    """A sound model of short blocks, cut out of another one's clips."""

    def __init__(self, model: SoundModel, waits: bool) -> None:
        self.model, self.waits = model, waits
        self.rate, self.channels, self.abilities = model.rate, model.channels, model.abilities
        self.block = round(CUT * model.rate)
        self.latency = model.latency + 2 * model.block

    def open(self, seed: int) -> "AheadStream":
        """Return a new stream; unless it waits, with a thread that ends with it."""
        return AheadStream(self, seed)

    def said(self, inputs: Tensors) -> Tensors:
        """Return what the other one says; see `SoundModel.said`."""
        return self.model.said(inputs)


class _Maker:
    """Makes one clip after the other. Threads: the player fills it in and asks; the rest is the maker's own.

    asked: the turn whose clip is wanted, odd while what shapes it is filled in, or while none is. done: the turn
    whose clip lies in `made`, and the state after it in `after`; while both are the same, they stay as they are.
    """

    def __init__(self, model: SoundModel, seed: int) -> None:
        self._stream: SoundStream = model.open(seed)
        self._controls, self._bars = Controls.of(1), Bars()
        self._wake = Lock()
        self._wake.acquire()
        self._closing = False
        self.before, self.after = self._stream.snapshot(), self._stream.snapshot()
        self.shape = _Shape()
        self.made: Sound = np.zeros(model.block, np.float32)
        self.asked = self.done = 0
        self.error: ExtempoError | None = None

    def drop(self) -> None:
        """Have nothing made; what is being made is of no use."""
        self.asked |= 1

    def ask(self, before: Snapshot, shape: "_Shape") -> None:
        """Have the clip made that follows a state."""
        self.drop()
        self.before.copy_from(before.arrays)
        self.shape.copy_from(shape)
        self.asked += 1
        self._call()

    def close(self) -> None:
        """End its thread when the clip is done."""
        self._closing = True
        self._call()

    def run(self) -> None:
        """Make what is asked for until it is closed: its thread."""
        realtime.stand_back()
        while not self._closing:
            self._wake.acquire()
            try:
                with border(lambda said: ExtempoError(f"a clip cannot be made ({said})")):
                    while self.done != self.asked and not self.asked % 2 and not self._closing:
                        self.make()
            except ExtempoError as error:
                self.error = error
                return

    def make(self) -> None:
        """Make the clip that is asked for now."""
        turn, stream = self.asked, self._stream
        stream.restore(self.before)
        stream.seed = self.shape.show(self._controls, self._bars)
        # Else something else was filled in meanwhile.
        if turn == self.asked:
            stream.generate(self._controls, self._bars, self.made)
            stream.keep(self.after)
            self.done = turn

    def _call(self) -> None:
        if self._wake.locked():
            self._wake.release()


class _Shape:
    """What shapes a clip, as arrays that can be kept."""

    def __init__(self) -> None:
        self.row = np.zeros(FEATURES, np.float32)
        self.knobs = np.zeros(4)
        self.seed = np.zeros(1, np.uint64)

    def take(self, controls: Controls, bars: Bars, seed: int, longer: float) -> None:
        """Take what holds now. longer: how much longer a clip is than the blocks by which keys get older."""
        self.row[:] = controls.keys[0]
        self.row[HEARD:] /= longer
        self.knobs[:] = controls.temperature, controls.top_p, bars.beat, bars.tempo
        self.seed[0] = seed & _WORD

    def show(self, controls: Controls, bars: Bars) -> int:
        """Say it to a stream; return the seed."""
        controls.keys[0] = self.row
        controls.temperature, controls.top_p, bars.beat, bars.tempo = self.knobs.tolist()
        return int(self.seed[0])

    def copy_from(self, other: "_Shape") -> None:
        """Become as another one."""
        self.row[:], self.knobs[:], self.seed[:] = other.row, other.knobs, other.seed


class AheadStream:
    """A `SoundStream` that cuts clips. late: blocks that were silent, or in part, for a clip was not ready."""

    def __init__(self, model: Ahead, seed: int) -> None:
        self.model, self.seed, self.late = model, seed, 0
        self._length = model.model.block
        self._maker = _Maker(model.model, seed)
        self._playing, self._next = np.zeros((2, self._length), np.float32)
        self._numbers = np.zeros(5, np.int64)
        self._shape = _Shape()
        """What shapes the clip that was asked for; its states are before and after the next clip."""
        self._before, self._after = (Snapshot(self._maker.before.arrays) for _ in range(2))
        self._arrays = self._named()
        self._edge = min(round(EDGE * model.rate), self._length // 4)
        place = np.arange(1, self._edge + 1) / (self._edge + 1)
        self._up: Sound = (np.sin(place * np.pi / 2) ** 2).astype(np.float32)
        self._down = self._up[::-1].copy()
        self._begin()
        if not model.waits:
            # The thread knows the maker alone, so that this can go, and the thread with it.
            Thread(target=self._maker.run, name="clips", daemon=True).start()
            weakref.finalize(self, self._maker.close)

    def generate(self, controls: Controls, bars: Bars, out: Sound) -> None:
        """Write the next samples; see `SoundStream.generate`. Raises ExtempoError where the model has failed."""
        if self._maker.error is not None:
            raise self._maker.error
        done = 0
        while done < len(out):
            if self._numbers[_PLACE] == self._length and not self._turn(controls, bars):
                out[done:] = 0.0
                self.late += int(self._numbers[_SILENT] == 1)
                return
            done += self._cut(out[done:])

    def prime(self, heard: Sound) -> None:
        """Begin anew after other sound: the next clip is the first after it."""
        model = self.model.model
        fresh = model.open(self.seed)
        short = max(model.block - len(heard), 0)
        fresh.prime(np.concatenate((np.zeros(short, np.float32), heard)))
        fresh.keep(self._before)
        self._begin()

    def snapshot(self) -> Snapshot:
        """Return this moment: what plays, what is ready, and the model's state where the next clip begins."""
        self._look()
        return Snapshot(self._arrays)

    def keep(self, into: Snapshot) -> None:
        """Write this moment over a snapshot, whatever is being made."""
        self._look()
        into.copy_from(self._arrays)

    def restore(self, to: Snapshot) -> None:
        """Go on in the middle of a clip; a next one that was not ready then is made again, and is the same."""
        self._maker.drop()
        to.copy_to(self._arrays)
        # It may have been read from a disk.
        self._numbers[_PLACE] = min(max(int(self._numbers[_PLACE]), 0), self._length)
        if self._numbers[_ASKED] and not self._numbers[_READY]:
            self._maker.ask(self._before, self._shape)

    def _begin(self) -> None:
        """Nothing plays, and nothing was asked for."""
        self._maker.drop()
        self._numbers[:] = 0
        self._numbers[_PLACE], self._numbers[_SILENT] = self._length, _FIRST

    def _cut(self, out: Sound) -> int:
        """Copy from the clip that plays, as far as nothing changes there; return how many samples."""
        numbers, edge, last = self._numbers, self._edge, self._length - self._edge
        place = int(numbers[_PLACE])
        if place == last:
            self._look()
            numbers[_SILENT] = not (numbers[_READY] or self.model.waits)
        end = edge if place < edge else last if place < last else self._length
        count = min(end - place, len(out))
        part = out[:count]
        part[:] = self._playing[place : place + count]
        if place < edge and numbers[_RISING]:
            part *= self._up[place : place + count]
        elif place >= last and numbers[_SILENT]:
            part *= self._down[place - last : place - last + count]
        numbers[_PLACE] = place + count
        return count

    def _turn(self, controls: Controls, bars: Bars) -> bool:
        """Begin the next clip and ask for the one after it; False where it is not ready."""
        numbers = self._numbers
        if not numbers[_ASKED]:
            self._ask(controls, bars)
        if self.model.waits and not numbers[_READY]:
            self._maker.make()
        self._look()
        if not numbers[_READY]:
            return False
        self._playing[:] = self._next
        self._before.copy_from(self._after.arrays)
        numbers[_RISING] = numbers[_SILENT] != 0
        numbers[_PLACE] = numbers[_SILENT] = numbers[_READY] = 0
        self._ask(controls, bars)
        return True

    def _ask(self, controls: Controls, bars: Bars) -> None:
        """Ask for the clip after the one that plays, shaped by what holds now."""
        self._shape.take(controls, bars, self.seed, self._length / self.model.block)
        self._numbers[_ASKED] = 1
        self._maker.ask(self._before, self._shape)

    def _look(self) -> None:
        """Take the next clip where it has been made."""
        maker, numbers = self._maker, self._numbers
        if numbers[_ASKED] and not numbers[_READY] and maker.done == maker.asked:
            self._next[:] = maker.made
            self._after.copy_from(maker.after.arrays)
            numbers[_READY] = 1

    def _named(self) -> dict[str, NDArray[Any]]:
        """Return all parts of a moment."""
        shape = self._shape
        own: dict[str, NDArray[Any]] = {
            "playing": self._playing,
            "next": self._next,
            "numbers": self._numbers,
            "row": shape.row,
            "knobs": shape.knobs,
            "seed": shape.seed,
        }
        before = {f"before {name}": array for name, array in self._before.arrays.items()}
        after = {f"after {name}": array for name, array in self._after.arrays.items()}
        return own | before | after
