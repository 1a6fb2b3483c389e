"""The `extempo` command: what a person types. Each subcommand is imported only when it is asked for."""


def main() -> None:
    """Run the command line. Started processes import this module again, so it holds nothing else."""
    from live.cli.streams import open_closed

    open_closed()
    from live.cli.group import extempo

    extempo()
