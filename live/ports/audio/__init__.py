"""Voices of sound on their way to the speakers: the mix, and who asks for it."""
