"""What large folders take: python scripts/large_folders.py DATA FOLDER [FILES].

Makes FILES (10,000) MIDI files in FOLDER by variation of those below DATA, if they are not there: other keys and
touches. Then it has them read with one processor core and with two, as training reads them, and once more,
as the next training does. Prints files a second, how long that takes the processor, the peak memory of the largest
process and what is kept; and from them what 100,000 and a million files take.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

ROOT: Final = Path(__file__).parents[1]
READ: Final = """
import json, resource, sys, time
from pathlib import Path
from models.corpus import sources
began = time.monotonic()
found = sources.held(Path(sys.argv[1]), ("train", "valid", "test"), Path(sys.argv[2]))
read = time.monotonic() - began
families = len(set(found.families.tolist()))
own, helpers = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({
    "pieces": len(found.pieces), "families": families, "left": len(found.left), "seconds": read,
    "processor": sum(one.ru_utime + one.ru_stime for one in (own, helpers)),
    "own": own.ru_maxrss / 1024, "helper": helpers.ru_maxrss / 1024,
}))
"""


def make(data: Path, folder: Path, count: int) -> None:
    """Write variations, eight of each file."""
    # What is drums alone is not learned from.
    real = sorted(path for path in data.rglob("*.mid") if "groove" not in path.parts)
    random = np.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)
    done = 0
    for number in random.permutation(len(real)):
        read = np.frombuffer(real[number].read_bytes(), np.uint8)
        try:
            pitches = strikes(read.tobytes())
        except IndexError:
            continue
        for _ in range(8):
            if done == count:
                return
            (folder / f"{done:07}.mid").write_bytes(varied(read, pitches, random))
            done += 1


def varied(read: NDArray[np.uint8], pitches: list[int], random: np.random.Generator) -> bytes:
    """Return a file in another key and with another touch."""
    made = read.copy()
    at = np.array(pitches, np.int64)
    made[at] = np.clip(made[at].astype(int) + random.integers(-5, 7), 0, 127)
    loud = made[at + 1].astype(int)
    touched = np.clip(loud + random.integers(-9, 10, len(at)), 1, 127)
    made[at + 1] = np.where(loud > 0, touched, 0)
    return made.tobytes()


def strikes(data: bytes) -> list[int]:
    """Return where the pitches of a file's notes are, but for drums. Raises IndexError for a broken file."""
    found: list[int] = []
    chunk = 14
    while chunk < len(data):
        at, end = chunk + 8, chunk + 8 + int.from_bytes(data[chunk + 4 : chunk + 8], "big")
        status = 0
        while at < end:
            _, at = number(data, at)
            first = data[at]
            if first >= 240:
                length, at = number(data, at + (2 if first == 255 else 1))
                at += length
                continue
            if first >= 128:
                status, at = first, at + 1
            kind, channel = divmod(status, 16)
            if kind in (8, 9) and channel != 9:
                found.append(at)
            at += 1 if kind in (12, 13) else 2
        chunk = end
    return found


def number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of variable length, and where what follows it begins."""
    value = data[at] % 128
    while data[at] >= 128:
        at += 1
        value = value * 128 + data[at] % 128
    return value, at + 1


def read(folder: Path, cache: str, cores: int) -> dict[str, float]:
    """Have a process read a folder with so many cores; return what it says."""
    free = sorted(os.sched_getaffinity(0))[:cores]
    done = subprocess.run(
        [sys.executable, "-c", READ, str(folder), cache],
        cwd=ROOT, capture_output=True, text=True, check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, free),
    )  # fmt: skip
    said: dict[str, float] = json.loads(done.stdout)
    return said


def main() -> None:
    """Make the files, read them, and print what it takes."""
    data, folder = Path(sys.argv[1]), Path(sys.argv[2])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
    make(data, folder, count)
    print(f"{count:,} files, {sum(p.stat().st_size for p in folder.iterdir()) / 2**20:,.0f} MB")
    for cores in (1, 2):
        with tempfile.TemporaryDirectory() as cache:
            first = read(folder, cache, cores)
            again = read(folder, cache, cores)
            kept = sum(p.stat().st_size for p in Path(cache).rglob("*.shard")) / 2**20
        tell(f"{cores} core(s)", count, first)
        tell("  again", count, again)
        print(
            f"  {kept:,.0f} MB kept, {first['pieces']:,.0f} pieces in {first['families']:,.0f} families"
        )
        for many in (100_000, 1_000_000):
            times = many / count
            print(
                f"  {many:,}: {first['processor'] * times / 60:,.0f} minutes of the processor, then "
                f"{again['processor'] * times / 60:,.1f} at each start; {kept * times / 1024:,.1f} GB kept"
            )


def tell(what: str, count: int, said: dict[str, float]) -> None:
    """Print what a reading took."""
    seconds, processor = said["seconds"], said["processor"]
    print(f"{what}: {count / seconds:,.0f} files a second, {seconds:,.1f} s")
    print(
        f"  {processor:,.1f} s of the processor, {count / processor:,.0f} files for each; "
        f"at most {said['own']:,.0f} MB, a helper {said['helper']:,.0f} MB"
    )


if __name__ == "__main__":
    main()
