"""Voices of notes: when they play, what they play, and what they remember."""
