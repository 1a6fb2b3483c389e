"""The daemon: it starts, watches and ends the two other processes, and is control itself."""
