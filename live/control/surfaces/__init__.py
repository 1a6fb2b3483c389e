"""The surfaces, one file each."""
