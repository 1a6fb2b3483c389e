"""Where in memory the kernel finds what it works on: sizes, and addresses, in one record; and one for each head."""

from typing import Final

import numpy as np

SIZES: Final = (
    *("log", "columns", "inputs", "conditions", "embed", "width", "head", "gaps", "classes"),
    *("struck", "places", "alike", "time", "pitch", "metre", "asking"),
)
"""log: rows. columns: of a row. inputs: codes of a step. classes: of a pitch. struck: of a pitch that is fed. places:
rows of `next_place`. alike: how many there are. time, pitch, metre: where these are among codes, and conditions.
asking: numbers of a step's queries, and of its keys."""
TABLES: Final = (
    *("ticks", "pitches", "lags", "near", "bases", "length_classes", "starts", "alike_at"),
    *("alike_firsts", "alike_codes", "intervals", "gap_weights", "attend", "attend_bias"),
    *("next_time", "next_place", "familiar", "score_same"),
)
"""alike_at: where among codes they are. alike_firsts: where in `alike_codes` theirs begin, and where these end."""
PLACES: Final = (
    *("codes", "given", "index", "now", "pending", "heard", "row", "index_next", "now_next"),
    *("inward", "onward", "context", "keys", "pending_next"),
    *("attended", "query", "products"),
)
"""What goes in and comes out. given: conditions. heard: with room behind it for what `attend` reads besides."""
COPIER: Final = np.dtype([(name, np.int64) for name in (*SIZES, *TABLES, *PLACES)])

HEAD: Final = np.dtype(
    [
        (name, np.int64)
        for name in (
            *("classes", "column", "time_at", "pitch_at"),
            *("sentinel", "bias", "score", "own", "hidden", "drawn", "given", "logits"),
        )
    ]
)
"""Of one head. column: of a row, what it proposes. time_at, pitch_at: where these are among drawn codes. The others are
addresses: of its weights, of what it is given (given: the conditions of the step that is drawn), of what it says."""
