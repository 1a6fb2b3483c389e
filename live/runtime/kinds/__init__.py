"""Notes and sound: what the stage does differently for each kind of model, a file each."""
