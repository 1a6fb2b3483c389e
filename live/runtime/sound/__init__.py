"""Networks of sound on stage: read, timed and played."""
