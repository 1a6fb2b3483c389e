"""Time steps whose network PyTorch runs, for `extempo bench`: python -m export.stream MODEL SECONDS ROW...

The voice, its draws and the pace are the stage's; only the network is run by PyTorch, with random
weights of the artifact's sizes. Prints one JSON list of `live.bench.torch_rows.Timed`.
"""

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec
import torch
from torch import Tensor, nn

from live.bench import pace
from live.bench.apart import ENGINE
from live.bench.torch_rows import Timed
from live.machine import realtime
from live.runtime.library import describe
from models.contract.index import NONE
from models.contract.representation import width
from models.contract.representations.table import representation
from models.contract.state import Log, Rows, State
from models.contract.stepping import heads_in_turn, in_turn
from models.contract.stream import Array, StreamSpec
from models.nets import notes
from models.nets.lstm import LstmNet
from models.nets.notes import NotesNet
from models.nets.table import build

_TRIAL: Final = 1.0
"""Seconds that each way is tried for at most, to find the best."""

Step = Callable[[Tensor, Tensor, notes.State], tuple[Tensor, dict[str, Tensor]]]
Setting = Callable[[], AbstractContextManager[Any]]


class TorchModel:
    """A model of notes that PyTorch steps; see `models.contract.stepping.StepModel`.

    step: the trunk's step, where it is not the network's own. setting: entered for every call.
    """

    def __init__(
        self, net: NotesNet, step: Step | None = None, setting: Setting = nullcontext
    ) -> None:
        self._net = net.eval()
        self.representation = net.representation
        self.index = NONE
        self._step = step or net.advance
        self._setting = setting
        self.spec: StreamSpec = net.representation.stream(net.context_width, net.state_specs())

    def initial_state(self) -> State:
        """Return zeros."""
        logs = {spec.name: Log(spec, Rows()) for spec in self._net.state_specs() if spec.log}
        zeros = self._net.initial_state().items()
        return State({name: one.numpy() for name, one in zeros if name not in logs}, logs)

    def advance(
        self, codes: Array, conditions: Array, states: Sequence[State]
    ) -> tuple[Array, list[State]]:
        """Feed each voice one step; see `StepModel.advance`."""
        return in_turn(self._one, codes, conditions, states)

    def _one(self, codes: Array, conditions: Array, state: State) -> tuple[Array, State]:
        held = {name: torch.from_numpy(tensor) for name, tensor in state.whole().items()}
        with torch.inference_mode(), self._setting():
            context, made = self._step(torch.from_numpy(codes), torch.from_numpy(conditions), held)
        return context.numpy(), state.after({name: one.numpy() for name, one in made.items()})

    def logits(
        self,
        factor: int,
        context: Array,
        conditions: Array,
        drawn: Array,
        states: Sequence[State],
    ) -> Array:
        """Return one factor's logits."""
        entry = self.spec.entry(self.representation.names[factor])

        def head(state: State, *given: Array) -> Array:
            whole = state.whole() if entry.reads else {}
            held = {spec.name: torch.from_numpy(whole[spec.name]) for spec in entry.reads}
            row, onset, earlier = map(torch.from_numpy, given)
            with torch.inference_mode(), self._setting():
                logits: Array = self._net.head(factor, row, onset, earlier, held).numpy()
            return logits

        return heads_in_turn(head, states, context, conditions, drawn)


class Cells(nn.Module):
    """An LSTM of one step at a time, by one `LSTMCell` a layer."""

    def __init__(self, lstm: nn.LSTM) -> None:
        super().__init__()
        self.cells = nn.ModuleList()
        for layer in range(lstm.num_layers):
            cell = nn.LSTMCell(lstm.input_size if not layer else lstm.hidden_size, lstm.hidden_size)
            for name, own in cell.named_parameters():
                own.data = getattr(lstm, f"{name}_l{layer}").data
            self.cells.append(cell)

    def forward(
        self, events: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Do what `nn.LSTM` does with a sequence of one, (1, 1, input)."""
        below = events[:, 0]
        after = []
        for cell, h, c in zip(self.cells, *state, strict=True):
            after.append(cell(below, (h, c)))
            below = after[-1][0]
        hs, cs = zip(*after, strict=True)
        return below[:, None], (torch.stack(hs), torch.stack(cs))


def _by_cells(net: LstmNet) -> LstmNet:
    other = deepcopy(net)
    other.lstm = Cells(net.lstm)  # type: ignore[assignment]
    return other


def _ways(net: NotesNet) -> Iterator[tuple[str, TorchModel]]:
    """Yield every way that may be the best, on one thread, and what it is."""
    yield "eager, oneDNN off", TorchModel(net, setting=_without_onednn)
    yield "traced and frozen by torch.jit", TorchModel(net, _traced(net))
    if isinstance(net, LstmNet):
        yield "one LSTMCell a layer", TorchModel(_by_cells(net))
    kinds = {nn.LSTM, nn.Linear}
    quantize: Callable[..., NotesNet] = torch.ao.quantization.quantize_dynamic
    smaller = quantize(net, kinds, dtype=torch.qint8)
    yield "dynamic int8", TorchModel(smaller)


def _without_onednn() -> AbstractContextManager[Any]:
    flags: AbstractContextManager[Any] = torch.backends.mkldnn.flags(enabled=False)
    return flags


def _traced(net: NotesNet) -> Step:
    names = [spec.name for spec in net.state_specs()]

    class Flat(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, event: Tensor, place: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
            held = dict(zip(names, state, strict=True))
            context, after = self.net.advance(event, place, held)
            return context, *(after[name] for name in names)

    columns = net.representation.inputs, net.representation.conditions
    codes = (torch.zeros((1, width(each)), dtype=torch.int64) for each in columns)
    trace: Callable[..., nn.Module] = torch.jit.trace
    with torch.no_grad():
        flat = torch.jit.freeze(trace(Flat().eval(), (*codes, *net.initial_state().values())))

    def step(event: Tensor, place: Tensor, state: notes.State) -> tuple[Tensor, dict[str, Tensor]]:
        context, *after = flat(event, place, *(state[name] for name in names))
        return context, dict(zip(names, after, strict=True))

    return step


def _best(net: NotesNet, seconds: float) -> Timed:
    torch.set_num_threads(1)
    trial = min(_TRIAL, seconds / 4)
    tried = {way: (median(pace.paced(model, trial)), model) for way, model in _ways(net)}
    way = min(tried, key=lambda one: tried[one][0])
    others = ", ".join(f"{one} {1e6 * took:.0f}" for one, (took, _) in tried.items())
    said = f"{way}, one thread (p50 of a short trial: {others})"
    return Timed("torch_best_paced", said, pace.paced(tried[way][1], seconds))


def main(arguments: list[str]) -> None:
    """Time the rows that are asked for."""
    path, seconds, *rows = arguments
    document = describe(Path(path))
    written = representation(document.representation, document.vocabulary, path)
    net = build(document.net, document.config, written).eval()
    realtime.enter(ENGINE)
    timed = []
    if "torch_default_paced" in rows:
        said = f"default eager, {torch.get_num_threads()} threads"
        timed.append(
            Timed("torch_default_paced", said, pace.paced(TorchModel(net), float(seconds)))
        )
    if "torch_best_paced" in rows:
        timed.append(_best(net, float(seconds)))
    sys.stdout.buffer.write(msgspec.json.encode(timed))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(sys.argv[1:])
