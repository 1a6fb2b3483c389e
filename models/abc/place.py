"""Where in its bar and in the tune a text has come to, as networks are told."""

from models.abc.state import BEAT, State
from models.contract.grid import METRES, TICKS
from models.contract.representations.abc import BARS, PLACES


def place(state: State) -> tuple[int, int, int]:
    """Return tick in the bar, number of the bar and metre (eighths, 0 where it has none), as codes."""
    tick = (state.at - state.bar) * TICKS // BEAT
    beats, over = state.metre
    eighths, rest = divmod(8 * beats, over)
    metre = eighths if not rest and eighths < METRES else 0
    return min(tick, PLACES - 1), min(state.bars, BARS - 1), metre
