"""The ways to write notes down, one file each."""
