"""MIDI: what its messages mean, what its files hold. `messages` alone needs nothing but msgspec."""
