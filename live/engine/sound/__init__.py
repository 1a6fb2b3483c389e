"""Voices of sound: what they are asked, what they remember, and the thread that keeps them ahead."""
