"""Training: recipes, the loop, checkpoints that survive a kill, and the floors of the figures."""
