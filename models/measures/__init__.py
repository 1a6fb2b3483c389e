"""Figures of music that a listener would name, for every kind of event system, and how they compare with people's."""
