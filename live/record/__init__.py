"""What is kept of a performance: its journal, its take, and the same notes again."""
