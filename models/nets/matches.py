"""What of the past is like now: explicit matches, row by row, with no weights.

A *row* is a step of the past together with the one that came after it. Of each row it is known how many steps up to
it are like the last ones here (equal intervals, gaps alike within `NEAR` ticks), how many bars or beats lie between,
and whether it has the same pitch. Over a whole sequence rows are the second of two axes of time; step by step
they lie in a log, and the numbers agree.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from models.contract.matching import (
    CHORD,
    GAPS,
    INDICES,
    LAGS,
    LONGEST,
    MOVE,
    NEAR,
    OTHER_BARS,
    PITCH,
    PLACE,
    REACH,
    TIME,
    length_classes,
    tables,
)
from models.contract.representation import Representation

Columns = Sequence[Tensor]


class Matches(nn.Module):
    """Rows and their matches, of a representation that says what of a step repeats.

    Its numbers lie in tables by code and by index, so that a step on stage is few operators. longer: of an index, that
    of a match longer by one step, of another pitch and without a lag. first: what is drawn first.
    """

    ticks: Tensor
    passing: Tensor
    chords: Tensor
    pitches: Tensor
    lags: Tensor
    longer: Tensor
    barred: Tensor
    near: Tensor
    classes_of: Tensor

    def __init__(self, representation: Representation) -> None:
        super().__init__()
        found = tables(representation)
        self.repeats, self.metre, self.classes = found.repeats, found.metre, found.pitch_classes
        self.time, self.pitch, self.alike = found.time, found.pitch, found.others
        self.width, self.first = found.width, "letter" if found.repeats.letter else "time"
        ticks, none = found.ticks, np.zeros_like(found.ticks)
        index = np.arange(INDICES)
        lag, length = index % LAGS, index // (2 * LAGS)
        barred = (lag > 0) & (lag <= OTHER_BARS)
        constants = {
            "ticks": ticks,
            "passing": np.stack((ticks, none + CHORD, none), 1),
            "chords": np.stack((none + 1, ticks == 0, none), 1),
            "pitches": np.pad(found.pitches[:, None], ((0, 0), (2, 0))),
            "lags": found.lags.ravel(),
            "longer": np.minimum(length + 1, LONGEST) * 2 * LAGS,
            "barred": np.where(barred, index, 0),
            "near": found.near.ravel(),
            "classes_of": length_classes(),
        }
        constants |= {f"alike_{number}": code for number, code in enumerate(found.alike)}
        for name, constant in constants.items():
            self.register_buffer(name, torch.from_numpy(constant), persistent=False)

    def follow(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Return rows (B, T, width) and where each step is, (B, T, 3), of codes (B, T, inputs) from the start on.

        Where a step is: ticks since the start; what its place in a chord weighs; its pitch as rows have it.
        """
        gaps = look_up(self.ticks, codes[..., self.time])
        steps = torch.arange(codes.shape[1], device=codes.device)
        places = steps - torch.where(gaps > 0, steps, -1).cummax(1).values
        pitches = look_up(self.pitches[:, 2], codes[..., self.pitch])
        now = torch.stack((gaps.cumsum(1), places * CHORD, pitches), -1)
        return self._row(codes, nn.functional.pad(now, (0, 0, 1, 0))[:, :-1], now), now

    def follow_step(self, codes: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """Return the row of one step, (B, width), and where it is, (B, 3), after a step that was at `before`."""
        struck = nn.functional.embedding(codes[:, self.pitch], self.pitches)
        now = self.after(before, codes[:, self.time]) + struck
        return self._row(codes, before, now), now

    def after(self, now: Tensor, time: Tensor) -> Tensor:
        """Return where the step is that comes after one with this code of time; it has no pitch yet, (..., 3)."""
        passing = nn.functional.embedding(time, self.passing.to(now.dtype))
        return (now + passing) * nn.functional.embedding(time, self.chords.to(now.dtype))

    def alike_moves(self, rows: Columns, row: Tensor) -> Tensor:
        """Return which rows end with the interval and the gap of this one, bool (..., rows)."""
        move = row[..., MOVE]
        known = torch.where(move > 0, move, -GAPS)
        return (rows[MOVE] - known[..., None]).abs() < NEAR + 1

    def nearby(self, time: Tensor, rows: Columns) -> Tensor:
        """Return LAGS where a row's gap is near to that of a code of time, else 0, (..., rows)."""
        near = self.near.to(rows[TIME].dtype)
        return look_up(near, rows[TIME] + time[..., None] * (len(self.ticks) + 1))

    def lengthened(self, rows: Columns, row: Tensor) -> Tensor:
        """Return the lengths of the matches of a whole sequence, as `longer` has them, (B, T, T).

        They are at each step, of each row. rows: (B, 1, T). row: (B, T, width).
        """
        alike = self.alike_moves(rows, row).to(row.dtype)
        lengths = [torch.zeros_like(alike[:, 0])]
        for step in range(1, alike.shape[1]):
            before = nn.functional.pad(lengths[-1], (1, 0))[:, :-1]
            lengths.append((before + 1).clamp(max=LONGEST) * alike[:, step])
        return torch.stack(lengths, 1) * 2 * LAGS

    def index(
        self, lengths: Tensor, rows: Columns, row: Tensor, now: Tensor, metre: Tensor
    ) -> Tensor:
        """Return length, same pitch and lag of every row in one number, (..., rows): its place in a table.

        lengths: as `longer` has them. rows, row: see `alike_moves`. now: see `follow`. metre: of the step itself.
        """
        same = torch.where(rows[PITCH] == now[..., 2:], LAGS, 0).to(lengths.dtype)
        return lengths + same + self.lag(now, rows, metre)

    def lag(self, now: Tensor, rows: Columns, metre: Tensor) -> Tensor:
        """Return the class of the lag from every row to where a step is, (..., rows)."""
        if self.repeats.letter:
            return torch.zeros_like(rows[PLACE])
        passed = (now[..., :2].sum(-1, dtype=now.dtype)[..., None] - rows[PLACE]).clamp(
            0, REACH - 1
        )
        return look_up(self.lags.to(passed.dtype), passed + metre[..., None] * REACH)

    def longest(self, index: Tensor) -> Tensor:
        """Return the classes of the longest match, and of the longest whole bars back, (..., 2)."""
        barred = look_up(self.barred.to(index.dtype), index)
        best = torch.stack((index.amax(-1), barred.amax(-1)), -1)
        return look_up(self.classes_of, best)

    def _row(self, codes: Tensor, before: Tensor, now: Tensor) -> Tensor:
        """before, now: where the step before is, and this one."""
        time, pitch = codes[..., self.time], now[..., 2]
        interval = pitch - before[..., 2] + self.classes
        copied = [
            look_up(self.get_buffer(f"alike_{number}"), codes[..., column])
            for number, column in enumerate(self.alike)
        ]
        move, place = interval * GAPS + look_up(self.ticks, time), now[..., 0] + now[..., 1]
        row = torch.stack((move, place, pitch, interval, time + 1, *copied), -1)
        known = (pitch * before[..., 2]).clamp(max=1)
        return row * known[..., None]


def look_up(table: Tensor, index: Tensor) -> Tensor:
    """Return numbers of a table, of the shape of the index."""
    # Embeddings, and not indexing, which ONNX writes as an operator that artifacts may not use.
    found: Tensor = nn.functional.embedding(index, table[:, None]).squeeze(-1)
    return found
