"""What the performer reads. With `live.cli`, the only place that prints."""
