"""Makes what is made from the declarations of knobs and actions: the Pure Data patches, their data, the OSC page.

.venv-dev/bin/python patches/make.py writes them; --check says which of them are not up to date.
"""

import argparse
import sys
from pathlib import Path

import pd_patch
import pd_sound

from live.control import reference

ROOT = Path(__file__).resolve().parents[1]
BEGIN = "<!-- made by patches/make.py: begin -->\n"
END = "<!-- made by patches/make.py: end -->\n"


def made() -> dict[Path, str]:
    """Return the text of every file that is made."""
    page = ROOT / "docs" / "osc.md"
    head, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    return {
        page: f"{head}{BEGIN}\n{reference.markdown()}\n{END}{tail}",
        ROOT / "patches" / "params.json": reference.params(),
        ROOT / "patches" / "pd" / "extempo.pd": pd_patch.patch(),
        ROOT / "patches" / "pd" / "extempo-sound.pd": pd_sound.patch(),
    }


def main() -> int:
    """Write or check the files; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if one is old")
    check = parser.parse_args().check
    old = []
    for path, text in made().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            old.append(path)
            if not check:
                path.write_text(text, encoding="utf-8", newline="\n")
    for path in old:
        state = "is old: run .venv-dev/bin/python patches/make.py" if check else "made"
        sys.stdout.write(f"{path.relative_to(ROOT)}: {state}\n")
    return int(check and bool(old))


if __name__ == "__main__":
    sys.exit(main())
