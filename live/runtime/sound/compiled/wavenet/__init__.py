"""The program of the audio WaveNet: where its numbers lie, and what its code does with them."""
