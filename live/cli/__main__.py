"""`python -m live.cli` is the `extempo` command."""

from live.cli import main

main()
