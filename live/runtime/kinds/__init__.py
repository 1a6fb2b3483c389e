"""Notes and sound: what the stage does otherwise for models of one kind, a file each."""
