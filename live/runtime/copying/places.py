"""What lies in the kernel's memory: sizes, tables, and the places of what goes in and comes out; see `layout.py`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from live.runtime.copying.weights import Weights
from models.contract.copied import BACK, KEY, SMALL, Copied, keys
from models.contract.matching import Tables, buckets, length_classes
from models.contract.representation import Representation, limits, width

Arrays = dict[str, NDArray[Any]]


def sizes(found: Copied, written: Representation, tables: Tables, log: int) -> dict[str, int]:
    """Return all sizes by name."""
    return {
        "log": log,
        "columns": tables.width,
        "inputs": width(written.inputs),
        "conditions": width(written.conditions),
        "embed": found.embed,
        "width": found.width,
        "head": found.head,
        "gaps": len(tables.ticks),
        "classes": tables.pitch_classes,
        "struck": len(tables.pitches),
        "places": int(limits(written.conditions).sum()),
        "alike": len(tables.alike),
        "time": tables.time,
        "pitch": tables.pitch,
        "metre": tables.metre,
        "asking": len(keys(written)) * KEY,
    }


def constants(written: Representation, tables: Tables, weights: Weights) -> Arrays:
    """Return all tables and weights by name."""
    codes = [np.zeros(0, np.int64), *tables.alike]
    return {
        "ticks": tables.ticks,
        "pitches": tables.pitches,
        "lags": tables.lags.astype(np.uint8),
        "near": tables.near.astype(np.uint8),
        "bases": buckets(2),
        "length_classes": length_classes(),
        "starts": np.cumsum([0, *limits(written.conditions)[:-1]]),
        "alike_at": np.array(tables.others, np.int64),
        "alike_firsts": np.cumsum([len(one) for one in codes]),
        "alike_codes": np.concatenate(codes),
        "intervals": weights["intervals"],
        "gap_weights": weights["gaps"],
        **{
            name: weights[name]
            for name in ("attend", "attend_bias", "next_time", "next_place", "familiar")
        },
        "score_same": weights.get("score_same", np.zeros(0, np.float32)),
    }


def made(found: Copied, written: Representation, tables: Tables, log: int) -> NDArray[Any]:
    """Return the places of what a step makes, in one record: the context, and the next of the state."""
    kinds = len(keys(written))
    return np.zeros(
        1,
        [
            ("row", np.int64, (1, tables.width)),
            ("index_next", np.int64, log),
            ("now_next", np.int64, 3),
            ("context", np.float32, found.width + kinds * KEY),
            ("keys", np.float32, (kinds, 1, KEY)),
            ("pending_next", np.float32, kinds * KEY),
        ],
    )


def places(found: Copied, written: Representation, log: int) -> Arrays:
    """Return the places of what else goes in and comes out by name, in the shapes of a model's tensors."""
    asking = len(keys(written)) * KEY
    whole = {
        "codes": (1, width(written.inputs)),
        "given": (1, width(written.conditions)),
        "index": (1, log),
        "now": (1, 3),
    }
    real = {
        "pending": (1, asking),
        "heard": (1, found.width + BACK * 2 * SMALL),
        "inward": (1, found.embed),
        "onward": (1, found.width),
        "attended": (2 * asking,),
        "query": (KEY,),
        "products": (log,),
    }
    lying: Arrays = {name: np.zeros(shape, np.int64) for name, shape in whole.items()}
    return lying | {name: np.zeros(shape, np.float32) for name, shape in real.items()}
