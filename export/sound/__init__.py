"""Networks of sound on their way to an artifact."""
