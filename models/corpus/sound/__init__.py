"""Corpora of sound: files read, cut into windows, and made of notes."""
