"""What is kept in caches is made anew where the files that make it have changed."""

import grimp

from live.runtime import prepare
from live.runtime.copying import code
from live.runtime.sound.compiled import compiling


def test_a_compiled_network_depends_on_every_file_that_writes_its_code() -> None:
    names = {path.stem for path in compiling.makers()}
    assert names >= {
        "kernel",
        "layer",
        "draws",
        "products",
        "vectors",
        "layout",
        "weights",
        "parts",
        "samples",
    }


def test_the_kernel_that_copies_depends_on_every_file_that_it_is_written_in() -> None:
    graph = grimp.build_graph("live", "models")
    seen, waiting = set(), ["live.runtime.copying.kernel"]
    while waiting:
        module = waiting.pop()
        seen.add(module)
        if module.startswith("live.runtime.copying."):
            waiting += graph.find_modules_directly_imported_by(module) - seen
    names = {path.stem for path in code.makers()}
    assert names == {one.rpartition(".")[2] for one in seen} - {"compiling"}


def test_a_prepared_artifact_depends_on_all_that_reads_and_checks_it() -> None:
    names = {f"{path.parent.name}/{path.stem}" for path in prepare.makers()}
    assert names >= {
        "runtime/graph",
        "runtime/claims",
        "wavenet/limits",
        "sound/table",
        "contract/document",
    }
