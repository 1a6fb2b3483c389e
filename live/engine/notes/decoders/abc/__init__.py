"""Letters of ABC: a tune is written while it sounds, under masks that keep it in time and in key."""
