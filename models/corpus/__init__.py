"""Music to learn from: where it comes from and under which licence, and how files become steps."""
