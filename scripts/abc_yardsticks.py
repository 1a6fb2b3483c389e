#!/usr/bin/env python3
"""What simple models need of folk tunes, in bits a character: n-grams, and a plain LSTM of letters alone.

.venv-dev/bin/python scripts/abc_yardsticks.py --data data
.venv-dev/bin/python scripts/abc_yardsticks.py --data data --epochs 30 --weights plain-lstm.pt

The tunes are those that `extempo train folk-abc` reads, as the same text. The LSTM is 2 x 256 with dropout 0.3, 0.9
million parameters, many-to-many over sequences of 100 letters; it knows neither bars nor metre, and no other keys than
those that tunes are written in.
"""

import argparse
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from math import cos, log, log2, pi
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from models.corpus import sources

ORDERS: Final = (3, 5)
"""Letters that an n-gram goes by."""
STREAMS: Final = 32
LENGTH: Final = 100
RATE: Final = 2e-3
DROPOUT: Final = 0.3
NOT_SEEN: Final = 1e-6
LONG: Final = 320
"""Letters of a window of the recipe."""
LN2: Final = log(2.0)


def witten_bell(train: Sequence[str], order: int, alphabet: int) -> "NGram":
    """Return a model of letters after `order` letters, mixed with fewer by how many kinds followed (Witten-Bell)."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for text in train:
        padded = "\n" * order + text
        for at in range(order, len(padded)):
            for length in range(order + 1):
                counts[padded[at - length : at]][padded[at]] += 1
    return NGram(order, counts, alphabet)


class NGram:
    """Counts of letters after the letters before."""

    def __init__(self, order: int, counts: dict[str, Counter[str]], alphabet: int) -> None:
        self.order, self.alphabet = order, alphabet
        self.counts = {
            context: (found, sum(found.values()), len(found)) for context, found in counts.items()
        }

    def bits(self, texts: Sequence[str]) -> float:
        """Return bits a character."""
        total = 0.0
        for text in texts:
            padded = "\n" * self.order + text
            for at in range(self.order, len(padded)):
                total -= log2(self._chance(padded[at - self.order : at], padded[at]))
        return total / sum(map(len, texts))

    def _chance(self, context: str, letter: str) -> float:
        chance = 1.0 / self.alphabet
        for length in range(self.order + 1):
            known = self.counts.get(context[len(context) - length :])
            if known is None:
                break
            found, all_of_them, kinds = known
            chance = (found[letter] + kinds * chance) / (all_of_them + kinds)
        return chance


class Plain(nn.Module):
    """Letters in, letters out."""

    def __init__(self, alphabet: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(alphabet, 88)
        self.lstm = nn.LSTM(88, 256, 2, batch_first=True, dropout=DROPOUT)
        self.drop = nn.Dropout(DROPOUT)
        self.out = nn.Linear(256, alphabet)

    def forward(
        self, codes: Tensor, state: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return logits (B, T, letters) of what comes next, and the state after."""
        kept, state = self.lstm(self.embed(codes), state)
        return self.out(self.drop(kept)), state


def learned(train: Sequence[str], codes: dict[str, int], epochs: int, out: Path) -> Plain:
    """Return the network after so many epochs; each reads all tunes, in an order of its own, and ends with a file."""
    torch.manual_seed(1)
    net = Plain(len(codes))
    steps = epochs * (sum(map(len, train)) // (STREAMS * LENGTH))
    optimiser = torch.optim.Adam(net.parameters(), RATE)
    began, step = time.monotonic(), 0
    for epoch in range(epochs):
        state: tuple[Tensor, Tensor] | None = None
        nats, windows = 0.0, 0
        for fed, wanted in _epoch(train, codes, epoch):
            for group in optimiser.param_groups:
                group["lr"] = RATE * 0.5 * (1 + cos(pi * step / steps))
            optimiser.zero_grad()
            logits, state = net(fed, state)
            state = (state[0].detach(), state[1].detach())
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten())
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            step, windows = step + 1, windows + 1
            nats += float(loss.detach())
        minutes = (time.monotonic() - began) / 60
        print(
            f"epoch {epoch + 1}, {minutes:.1f} min: {nats / windows / LN2:.3f} bits on what it learns from",
            flush=True,
        )
        torch.save(net.state_dict(), out)
    return net.eval()


def _epoch(
    train: Sequence[str], codes: dict[str, int], epoch: int
) -> Iterator[tuple[Tensor, Tensor]]:
    order = list(train)
    random.Random(epoch).shuffle(order)
    text = torch.tensor([codes[letter] for letter in "".join(order)])
    rows = text[: len(text) // STREAMS * STREAMS].view(STREAMS, -1)
    for first in range(0, rows.shape[1] - LENGTH, LENGTH):
        yield rows[:, first : first + LENGTH], rows[:, first + 1 : first + LENGTH + 1]


@torch.inference_mode()
def bits(net: Plain, texts: Sequence[str], codes: dict[str, int]) -> float:
    """Return bits a character over whole tunes, one after the other as it has learned them, without a cut."""
    total, state = 0.0, None
    last = codes["\n"]
    for text in texts:
        known = [codes.get(letter, -1) for letter in text]
        fed = torch.tensor([last, *(max(code, 0) for code in known[:-1])])[None]
        logits, state = net(fed, state)
        chances = logits[0].log_softmax(-1) / LN2
        for row, code in zip(chances, known, strict=True):
            total -= float(row[code]) if code >= 0 else log2(NOT_SEEN)
        last = max(known[-1], 0)
    return total / sum(map(len, texts))


def main() -> None:
    """Print what each needs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--epochs", type=int, default=0)
    parser.add_argument("--weights", type=Path, default=Path("plain-lstm.pt"))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    found = sources.read(asked.data / "abc_pd", ("train", "valid", "test"), kinds=("abc",))
    texts = {split: [piece.text for piece in pieces] for split, pieces in found.items()}
    letters = sorted(set("".join(texts["train"])))
    codes = {letter: code for code, letter in enumerate(letters)}
    for split, tunes in texts.items():
        long = sum(len(text) > LONG for text in tunes) / len(tunes)
        print(f"{split}: {len(tunes)} tunes, {100 * long:.1f} % longer than {LONG} letters")
    for order in ORDERS:
        model = witten_bell(texts["train"], order, len(letters) + 1)
        print(
            f"order {order}",
            {split: f"{model.bits(texts[split]):.4f}" for split in ("valid", "test")},
            flush=True,
        )
    net = Plain(len(codes))
    if asked.epochs:
        net = learned(texts["train"], codes, asked.epochs, asked.weights)
    if asked.weights.is_file():
        net.load_state_dict(torch.load(asked.weights, weights_only=True))
        net.eval()
        print(sum(p.numel() for p in net.parameters()), "parameters")
        print(
            "LSTM", {split: f"{bits(net, texts[split], codes):.4f}" for split in ("valid", "test")}
        )


if __name__ == "__main__":
    main()
