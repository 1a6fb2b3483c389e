"""What is kept in caches is made anew where the files that make it have changed."""

from live.runtime import prepare
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


def test_a_prepared_artifact_depends_on_all_that_reads_and_checks_it() -> None:
    names = {f"{path.parent.name}/{path.stem}" for path in prepare.makers()}
    assert names >= {
        "runtime/graph",
        "runtime/claims",
        "wavenet/limits",
        "sound/table",
        "contract/document",
    }
