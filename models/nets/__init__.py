"""The networks, one page each."""
