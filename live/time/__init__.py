"""Musical time: the clock, bars, metres, and which notes sound until when."""
