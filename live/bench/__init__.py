"""What playing takes on this machine, measured as a performance is: the rows of `extempo bench`."""
