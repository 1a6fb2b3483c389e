"""A voice of sound: one model, its memory, its keys, its knobs. Deterministic, without threads or clocks."""

from typing import assert_never

import numpy as np

from live.declared.knob import Value
from live.declared.knobs import SoundKnobs, turned
from live.engine.sound.keys import SoundKeys
from live.engine.sound.orders import Load, Order, Orders, Prime, Rest, Restore, Rewind
from live.ipc import acts
from live.ipc.wire import CommittedNote, LetGo, Lifted, Pedal, Played, Segment
from live.runtime.sound.instrument import Instrument, Kept
from live.runtime.sound.stream import KEYS, Bars, Controls
from models.contract.samples import FEATURES, Sound

FADE = 0.008
"""Seconds of the crossfade wherever the sound is cut."""
_NOTHING: Sound = np.zeros(0, np.float32)


class SoundGenerator:
    """What plays a voice of sound. Its time is when what it renders is heard.

    What it is asked waits for the first block that is heard at or after its time, so the sound does
    not depend on how it is rendered in parts. Where the music itself is cut (it begins, rests, goes
    back, changes its model), the old goes on for FADE seconds while the new comes in.

    Threads: `ask` from any; all else from one at a time.
    """

    def __init__(
        self, number: int, instrument: Instrument, knobs: SoundKnobs | None = None
    ) -> None:
        self.number = number
        self.knobs = knobs or SoundKnobs()
        self._orders = Orders()
        self._resting = False
        self._made: list[Sound] = []
        """The parts rendered so far."""
        self._since = self._waiting = 0
        """Blocks since a state was last kept, and blocks that wait to be generated."""
        self._controls, self._bars = Controls.of(0), Bars()
        self._first = 0.0
        """When the first of the blocks that wait is heard."""
        self._late = 0
        self._take_instrument(instrument)
        self._tail: Sound = np.zeros(len(self._rising), np.float32)
        """What the old sound would have gone on with after the last cut, and how much of it was heard."""
        self._faded = 0
        self.keys = SoundKeys(instrument.model.block, instrument.model.rate)
        self.keys.freeze(self.knobs.freeze)

    @property
    def rate(self) -> int:
        """Samples a second; another model may have another."""
        return self.instrument.model.rate

    @property
    def block(self) -> int:
        """Samples that are made at a time."""
        return self.instrument.model.block

    @property
    def late(self) -> int:
        """How many blocks were silent so far since what they should hold was not made in time."""
        return self._late + self.instrument.stream.late

    @property
    def silent(self) -> bool:
        """Whether nothing is to be heard before it is asked to go on."""
        return self._resting and self._faded >= len(self._tail)

    def ask(self, at: float, order: Order) -> None:
        """Have something done in the first block that is heard at or after `at`."""
        self._orders.add(at, order)

    def idle(self, at: float) -> None:
        """Take what was asked while nothing is rendered: notes come and go unheard."""
        while order := self._orders.due(at):
            self._obey(order, at)
        self._made.clear()
        self.keys.advance(at)

    def fade(self) -> None:
        """Fade in afresh: what was rendered last is not what was heard last."""
        self._tail = np.zeros(len(self._rising), np.float32)
        self._faded = 0

    def render(self, blocks: int, heard: float) -> Sound:
        """Return the next blocks' samples, whose first is heard at `heard`.

        Where another model takes over, the rendering ends, for its blocks may be of another length;
        if its rate is another, too, the sound is faded out there, and comes in afterwards.
        """
        self._grow(blocks)
        instrument = self.instrument
        for block in range(blocks):
            at = heard + block * self.block / self.rate
            while order := self._orders.due(at):
                self._flush()
                self._first = at
                self._obey(order, at)
                if self.instrument is not instrument:
                    return self._taken()
            self._add(at)
        self._flush()
        return self._taken()

    def _add(self, at: float) -> None:
        """Add one block to those that wait to be generated."""
        self.keys.advance(at)
        if not self._resting:
            if self._since >= self.instrument.interval:
                self._flush()
                self.instrument.keep(self.keys.row, at)
                self._since = 0
            self._since += 1
        if not self._waiting:
            self._first = at
        if self._plays_keys:
            self._controls.keys[self._waiting] = self.keys.row
        self._waiting += 1
        self.keys.tick()

    def _flush(self) -> None:
        """Generate the blocks that wait."""
        if self._waiting:
            self._made.append(self._generate(self._waiting))
            self._waiting = 0

    def _generate(self, blocks: int) -> Sound:
        count = blocks * self.block
        sound = np.zeros(count, np.float32)
        if not self._resting:
            self._count_bars()
            self.instrument.stream.generate(self._controls, self._bars, sound)
        left = min(len(self._tail) - self._faded, count)
        if left > 0:
            part = slice(self._faded, self._faded + left)
            rising = self._rising[part]
            sound[:left] = sound[:left] * rising + self._tail[part] * (1 - rising)
            self._faded += left
        return sound

    def _count_bars(self) -> None:
        segment = self.keys.segment_at(self._first)
        if segment is not None:
            self._bars.tempo = segment.tempo
            self._bars.beat = segment.beat + (self._first - segment.at) * segment.tempo / 60

    def _cut(self) -> None:
        """Cut the sound: let the old one go on for a while beside the new."""
        if self._faded == 0:
            return
        length = len(self._rising)
        blocks = -(-length // self.block)
        self._grow(blocks)
        if self._plays_keys:
            self._controls.keys[:blocks] = self.keys.row
        self._tail = self._generate(blocks)[:length]
        self._faded = 0

    def _obey(self, order: Order, at: float) -> None:
        match order:
            case CommittedNote() | Segment() | LetGo() | Played() | Pedal() | Lifted():
                self.keys.take(order, at)
            case acts.SetKnob():
                self._turn(order.knob, order.value)
            case acts.Save(slot=slot):
                self.instrument.save(slot, self.keys.row, at)
            case acts.Recall(slot=slot):
                self._go_back(self.instrument.slots.get(slot))
            case Rewind(to=to):
                kept = self.instrument.before(to)
                if kept is None or kept.at > to:
                    order.short(kept.at if kept else at)
                self._go_back(kept)
            case acts.Reset():
                self._go_back(self.instrument.beginning)
            case Prime(model=model, state=state):
                if model is self.instrument.model:
                    self._cut()
                    self.instrument.stream.restore(state)
            case Load(instrument=instrument):
                self._change(instrument)
            case Restore():
                if order.instrument is self.instrument:
                    self.instrument.slots = {**order.slots, **self.instrument.slots}
                    self._go_back(order.last)
            case Rest(on=on):
                if on != self._resting:
                    self._cut()
                    self._resting = on
            case _:
                assert_never(order)

    def _turn(self, knob: str, value: Value) -> None:
        before, self.knobs = self.knobs, turned(self.knobs, {knob: value})
        if self.knobs.freeze != before.freeze:
            self.keys.freeze(self.knobs.freeze)
        self._set_draw()

    def _set_draw(self) -> None:
        knobs = self.knobs
        # Two voices with one seed are two musicians.
        self.instrument.stream.seed = knobs.seed << 8 | self.number
        self._controls.temperature, self._controls.top_p = knobs.temperature, knobs.top_p

    def _go_back(self, kept: Kept | None) -> None:
        if kept is None:
            return
        self._cut()
        self.instrument.stream.restore(kept.state)
        self.keys.go_back(kept.row)
        self._since = 0

    def _change(self, instrument: Instrument) -> None:
        self._cut()
        tail, rate = self._tail, self.rate
        self._late = self.late
        if instrument.model.rate == rate:
            self._take_instrument(instrument)
        else:
            self._made.append(tail * (1 - self._rising[: len(tail)]))
            self._take_instrument(instrument)
            self.fade()
        self.keys.moved(self.block, self.rate)

    def _take_instrument(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self._since = self._waiting = 0
        self._controls.keys[:] = 0.0
        self._plays_keys = KEYS in instrument.model.abilities
        self._set_draw()
        place = np.arange(1, round(FADE * self.rate) + 1) / (round(FADE * self.rate) + 1)
        self._rising: Sound = np.sin(place * np.pi / 2).astype(np.float32) ** 2

    def _grow(self, blocks: int) -> None:
        if len(self._controls.keys) < blocks:
            self._controls.keys = np.zeros((blocks, FEATURES), np.float32)

    def _taken(self) -> Sound:
        """Return what was rendered, and start over."""
        made, self._made = self._made, []
        return np.concatenate(made) if made else _NOTHING
