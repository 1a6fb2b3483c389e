"""Training networks of sound, and what they are measured by."""
