"""Machine code for networks that make sound sample by sample."""
