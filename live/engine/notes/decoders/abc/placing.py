"""Where on the clock a tune goes on, after a rest, a jump or other bars."""

from dataclasses import replace

from msgspec import structs

from live.engine.notes.decoders.abc.cursor import PART, STEP, Tune
from live.engine.notes.decoders.abc.lengths import grain
from live.engine.notes.decoders.abc.sounding import decided
from live.engine.notes.draw import Draw
from live.engine.notes.operations import Plan
from live.time.clock import Bars
from models.abc.reader import finish
from models.contract.grid import TICKS


def placed(cursor: Tune, draw: Draw, limits: Plan) -> Tune | None:
    """Return the text where it can go on between the limits; None where it cannot.

    A tune that is a little late leaves out what nobody can hear any more, and stays in time; one that has
    rested goes on with the next beat, a new one with the next bar.
    """
    bars, tick = draw.bars, cursor.tick_of(cursor.due)
    floor, ceiling = limits.floor, limits.ceiling
    if not draw.last.own and cursor.waiting:
        cursor = _hurried(cursor, floor)
        tick = cursor.tick_of(cursor.due)
    late = tick < floor
    early = 0 <= ceiling < tick
    if (
        late
        and draw.last.own
        and cursor.in_bars(bars)
        and floor - tick <= TICKS
        and cursor.state.at
    ):
        cursor = _hurried(cursor, floor)
        tick = cursor.tick_of(cursor.due)
        late, early = not cursor.waiting and tick < floor - TICKS, 0 <= ceiling < tick
    if not (late or early or _is_off(cursor, bars)):
        return cursor
    wanted = max(floor, draw.last.tick if early else tick)
    target = _onward(cursor, wanted, ceiling, bars)
    return None if target < 0 else cursor.moved(target, bars)


def in_turn(cursor: Tune, draw: Draw, limits: Plan) -> Tune | None:
    """Return the text at the next bars that are the voice's, where voices trade them; None where they are too late.

    Tunes are traded, a few bars each: what the others play in theirs is written in between. What hangs over the
    bar line ends there.
    """
    begun = cursor.state.body and not cursor.state.ended
    if draw.trade.voices == 1 or cursor.waiting or not begun:
        return cursor
    tick = cursor.tick_of(cursor.state.at)
    target = draw.trade.ours(tick, draw.bars)
    if target == tick:
        return cursor
    if 0 <= limits.ceiling < target:
        return None
    state, sounds = finish(cursor.state)
    state = structs.replace(state, graces=())
    after = decided(replace(cursor, state=state), sounds, draw.knobs)
    return after if after.waiting else after.moved(target, draw.bars)


def left_to_others(cursor: Tune, draw: Draw) -> Tune:
    """Return the text without what is still to be played of it in bars of others, where voices trade them."""
    ticks = ((one, cursor.tick_of(one.onset)) for one in cursor.waiting)
    ours = tuple(one for one, tick in ticks if draw.trade.ours(tick, draw.bars) == tick)
    return cursor if len(ours) == len(cursor.waiting) else replace(cursor, waiting=ours)


def _hurried(cursor: Tune, floor: int) -> Tune:
    """Leave out what should have begun before a tick."""
    since = (floor - cursor.origin) * PART - PART // 2
    waiting = tuple(one for one in cursor.waiting if one.onset >= since)
    return replace(cursor, waiting=waiting, since=max(cursor.since, since))


def _is_off(cursor: Tune, bars: Bars) -> bool:
    """Return whether the clock has other bars than the text, or the text is between the ticks of its notes."""
    if not cursor.in_bars(bars):
        return True
    state = cursor.state
    if state.tuplet is not None or state.broken:
        return False
    return bool(cursor.room(bars, state.at)[0] % (grain(state.unit) if state.body else PART * STEP))


def _onward(cursor: Tune, wanted: int, ceiling: int, bars: Bars) -> int:
    """Return the tick to go on from: the next bar line for a new tune, else the next beat; -1 for none."""
    new = not cursor.state.body and not cursor.state.token
    choices = [bars.next_bar(wanted)] if new else []
    half = bars.metre.beat // 2
    start = bars.start_of(wanted)
    choices += [
        bars.next_beat(wanted),
        wanted + (start - wanted) % half,
        wanted + (start - wanted) % STEP,
    ]
    for one in choices:
        if ceiling < 0 or one <= ceiling:
            return one
    return -1
