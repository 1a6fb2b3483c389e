"""What can lead the clock: one file each, and its line in the table."""
