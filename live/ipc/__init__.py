"""Between the processes: rings in shared memory, and the messages that travel in them."""
