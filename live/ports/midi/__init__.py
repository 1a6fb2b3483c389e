"""Notes in and out: JACK, the system's MIDI, and what passes between them and the engine."""
