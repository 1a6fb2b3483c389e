"""The code of an audio WaveNet for this machine: named, and looked for, without writing it."""

from typing import TYPE_CHECKING

from live.runtime.sound.compiled.wavenet.layout import Layout, Shape
from models.contract.document import Document
from models.contract.sizes import Sizes

if TYPE_CHECKING:
    from live.runtime.sound.compiled.wavenet.kernel import Program


def program(sizes: Sizes) -> "Program":
    """Return the code of a network of these sizes for this machine, not written yet."""
    # Brings LLVM along, which only those need who play sound.
    from live.runtime.sound.compiled import compiling

    # And this writes it.
    from live.runtime.sound.compiled.wavenet import kernel

    return kernel.Program(Layout(Shape.of(sizes), compiling.this_machine()))


def is_ready(document: Document, where: str) -> bool:
    """Return whether the code of such a network lies on the disk."""
    # Brings LLVM along, as above.
    from live.runtime.sound.compiled import compiling

    return compiling.is_compiled(program(Sizes.of(document.config, where)))
