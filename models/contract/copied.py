"""What of a graph copies from the past: where it may be cut, so that compiled code does what lies between.

The graph does all of it by itself, and is what compiled code is held to. Whoever has none, or does not know the rule,
plays the graph whole.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from models.contract.matching import BUCKETS, INDICES, LAGS, repeats_of, tables
from models.contract.representation import CONTEXT, Representation, limits
from models.contract.stream import ADVANCE, Entry, StreamSpec, TensorSpec

RULE: Final = "matches-1"
"""What is done with the weights, as `models.nets.copying` writes it down; another rule, another name."""
LETTERS: Final = "letters-1"
"""The same of letters, which have neither time nor pitch."""
KEY: Final = 64
"""Numbers of a query and of a key; there are two of each, for times and for pitches."""
BACK: Final = 4
"""The last intervals and gaps that they read."""
SMALL: Final = 16
"""Numbers that an interval, and a gap, is embedded in."""
WIDEST: Final = 48
"""Semitones of an interval that have an embedding of their own, up and down."""
FOLLOWING: Final = 0.3
"""What is next weighs so much in a query and a key at first."""
MOST: Final = 25.0
"""The highest score that counts."""
FLOOR: Final = 1e-8
"""What the head gives every class at least, so that all have a logarithm."""

ROWS: Final = "copy_rows"
TIME_KEYS: Final = "copy_time_keys"
PITCH_KEYS: Final = "copy_pitch_keys"
LETTER_KEYS: Final = "copy_letter_keys"
INDEX: Final = "copy_index"
NOW: Final = "copy_now"
PENDING: Final = "copy_pending"
"""State: logs, of rows and of the keys that there are; the matches of rows; where the last step is; its keys, until
what comes next is known."""

_BARE: Final = ".bare"
"""Behind the name of an entry that copies nothing."""


class Said(msgspec.Struct, frozen=True):
    """The tensors of a head that copies: what it says by itself, and what that is made of."""

    own: str
    hidden: str


class Copied(msgspec.Struct, frozen=True):
    """Where a graph may be cut: names of its tensors and of its weights.

    embed, width, head: numbers of the embedding, of the trunk's context, of a head's hidden layer. inward, onward: what
    the longest matches add to the embedding and to the context. context: what the trunk gives, without queries. heard:
    the same where heads read it. heads: of the factors that are copied. weights: by part, see `shapes`.
    """

    rule: str
    embed: int
    width: int
    head: int
    inward: str
    onward: str
    context: str
    heard: str
    heads: Mapping[str, Said]
    weights: Mapping[str, str]


def names(written: Representation) -> tuple[str, ...]:
    """Return the factors that are copied, in the order in which they are drawn."""
    repeats = repeats_of(written)
    return (repeats.letter,) if repeats.letter else (repeats.time, repeats.pitch, *repeats.alike)


def rule(written: Representation) -> str:
    """Return what is done with the weights."""
    return LETTERS if repeats_of(written).letter else RULE


def keys(written: Representation) -> dict[str, str]:
    """Return the logs of keys by the factors whose heads ask them."""
    logs = (LETTER_KEYS,) if repeats_of(written).letter else (TIME_KEYS, PITCH_KEYS)
    return dict(zip(names(written), logs, strict=False))


def specs(written: Representation, log: int) -> tuple[TensorSpec, ...]:
    """Return the specs of the state of what is copied, and which heads read it."""
    every, asked = names(written), keys(written)
    return (
        TensorSpec(ROWS, "int64", (1, 1, tables(written).width), log, every),
        *(TensorSpec(held, "float32", (1, 1, KEY), log, (name,)) for name, held in asked.items()),
        TensorSpec(INDEX, "int64", (1, log), read=every),
        TensorSpec(NOW, "int64", (1, 3), read=every[1:]),
        TensorSpec(PENDING, "float32", (1, len(asked) * KEY)),
    )


def log_of(stream: StreamSpec) -> int:
    """Return how many rows are looked back at; KeyError if nothing is copied."""
    return {spec.name: spec.log for spec in stream.state}[ROWS]


def bare(name: str) -> str:
    """Return what an entry is called that copies nothing."""
    return name + _BARE


def bare_entries(copied: Copied, stream: StreamSpec, written: Representation) -> tuple[Entry, ...]:
    """Return the trunk and the heads without what is copied: they take and give the tensors at which it is cut."""
    inward = TensorSpec(copied.inward, "float32", (1, copied.embed))
    onward = TensorSpec(copied.onward, "float32", (1, copied.width))
    context = TensorSpec(copied.context, "float32", (1, copied.width))
    heard = TensorSpec(copied.heard, "float32", context.shape)
    trunk, ours = stream.entry(ADVANCE), {spec.name for spec in specs(written, 1)}
    state = tuple(spec for spec in trunk.state if spec.name not in ours)
    entries = [Entry(bare(ADVANCE), (*trunk.inputs, inward, onward), (context,), state)]
    for factor in written.factors:
        entry = stream.entry(factor.name)
        takes = (heard, *(spec for spec in entry.inputs if spec.name != CONTEXT))
        outputs = entry.outputs
        if (said := copied.heads.get(factor.name)) is not None:
            own = TensorSpec(said.own, "float32", outputs[0].shape)
            outputs = (own, TensorSpec(said.hidden, "float32", (1, copied.head)))
        reads = tuple(spec for spec in entry.reads if spec.name not in ours)
        entries.append(Entry(bare(factor.name), takes, outputs, reads=reads))
    return tuple(entries)


def shapes(copied: Copied, written: Representation) -> dict[str, tuple[int, ...]]:
    """Return the shape of each weight by its part: the sentinels' and the scores' of each factor, by its name.

    Scores are weights already, by index (time, a letter) or by the place of the index and a lag (others).
    """
    gaps, local, made = len(tables(written).ticks), BACK * 2 * SMALL, 2 * KEY * len(keys(written))
    shape: dict[str, tuple[int, ...]] = {
        "intervals": (2 * WIDEST + 2, SMALL),
        "gaps": (gaps + 1, SMALL),
        "attend": (copied.width + local, made),
        "attend_bias": (made,),
        "next_time": (gaps, KEY),
        "next_place": (int(limits(written.conditions).sum()), KEY),
        "familiar": (2 * BUCKETS, copied.embed + copied.width),
    }
    for name in names(written):
        shape |= {f"sentinel_{name}": (copied.head,), f"sentinel_{name}_bias": (1,)}
    repeats, other = repeats_of(written), (BUCKETS * 2 * 2 * LAGS,)
    if repeats.letter:
        return shape | {"score_letter": (INDICES,)}
    shape |= {"score_time": (INDICES,), "score_moved": other, "score_same": other}
    return shape | {f"score_{name}": other for name in repeats.alike}
