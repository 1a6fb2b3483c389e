"""Ways to spoil tunes in ABC, at a fixed seed."""

import random

LETTERS = "|:[]123456789()<>{}-.,'^_=/!\"%KLMVZzxXQ \nABCDEFGabcdefg~+H&\\\0\r\té\u2028"
BITS = (
    "[K:", "[M:0/0]", "[M:99999/3]", "\nM:3/0\n", "L:1/0", "\nL:0/4\n", "[L:1/1]", "V:1\n", "\nV:x y\n", "[V:2]",
    "C999999999/0", "(9:9:9", "(2:0:0", "(99:0:99", "|1,2,3", "[1-9", "[9-1", "|:", ":|", "::", ":|2", "|]", "||",
    "[|", "{", "}", "[", "]", '"Am"', '"G/B"', '"', "!", "+", "-", ".", "(", ")", ">>>", "<<<", "Z99", "z9999",
    "x/0", "^^^", "__", "=", "~", "%%MIDI\n", "\nK:Hp\n", "\nK:none exp ^^c\n", "K:G#lyd", "\nX:2\n", "\n\n", "w:",
    "&", "\\\n", "y9", "C0", "C/////////////", "'''''''", ",,,,,,,,", "\nQ:nonsense=9999999/0\n",
)  # fmt: skip
"""What readers have stumbled over."""


def noise(rng: random.Random) -> str:
    """Return letters and signs of ABC in any order."""
    count = rng.randrange(300)
    return "".join(rng.choice(LETTERS if rng.random() < 0.7 else BITS) for _ in range(count))


def spoil_tune(tune: str, rng: random.Random) -> str:
    """Put signs in, take letters out, and put parts elsewhere."""
    for _ in range(rng.choice((1, 2, 5, 20))):
        at = rng.randrange(len(tune) + 1)
        before, after = tune[:at], tune[at:]
        match rng.randrange(5):
            case 0:
                before += rng.choice(BITS)
            case 1:
                before += rng.choice(LETTERS)
            case 2:
                after = after[rng.choice((1, 3, 10)) :]
            case 3:
                begin = rng.randrange(len(tune) + 1)
                before += tune[begin : begin + rng.randrange(40)]
            case _:
                before += rng.choice(BITS) * rng.choice((2, 10, 50))
        tune = before + after
    return tune
