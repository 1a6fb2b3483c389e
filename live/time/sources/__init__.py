"""Clock sources, one file each, with a line in the table."""
