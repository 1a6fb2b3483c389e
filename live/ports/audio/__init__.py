"""Sound on its way to the speakers: the mix, and the drivers that ask for it."""
