"""Ranges that hold for what is read back: a journal, or a memento, may come from anywhere."""

from typing import Annotated

from msgspec import Meta

from models.contract.grid import FARTHEST

Pitch = Annotated[int, Meta(ge=0, le=127)]
Velocity = Annotated[int, Meta(ge=0, le=127)]
Offset = Annotated[int, Meta(ge=-FARTHEST, le=FARTHEST)]
Part = Annotated[int, Meta(ge=0, le=64)]
Channel = Annotated[int, Meta(ge=1, le=16)]
PlayedOn = Annotated[int, Meta(ge=0, le=16)]
Tick = Annotated[int, Meta(ge=-(1 << 40), le=1 << 40)]
Beats = Annotated[float, Meta(ge=-1e9, le=1e9)]
Seconds = Annotated[float, Meta(ge=-1e12, le=1e12)]
Code = Annotated[int, Meta(ge=-1, le=65535)]
