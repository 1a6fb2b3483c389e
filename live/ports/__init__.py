"""Where notes go out and come in: JACK, system MIDI, the built-in synth, files."""
