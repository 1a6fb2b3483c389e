"""Who trains: the name that git or the system has."""

import getpass
import subprocess


def author() -> str:
    """Return the user's name; empty if neither git nor the system knows one."""
    try:
        asked = subprocess.run(
            ["git", "config", "--get", "user.name"],
            capture_output=True,
            timeout=5,
            check=False,
        )
        named = asked.stdout.decode("utf-8", "replace").strip()
    except (OSError, subprocess.SubprocessError):
        named = ""
    try:
        return named or getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
