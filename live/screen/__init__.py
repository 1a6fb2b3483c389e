"""What the player reads. With `live.cli`, the only place that prints."""
