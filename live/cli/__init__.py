"""The `extempo` command: what a person types. Each subcommand is imported only when it is asked for."""

from live.cli.streams import open_closed


def main() -> None:
    """Run the command line. Started processes import this module again, so it holds nothing else."""
    open_closed()
    # Brings click along, and begins after what was closed is open.
    from live.cli.group import extempo

    extempo()
