"""What is kept of a performance, its journal and its take; and its replay."""
