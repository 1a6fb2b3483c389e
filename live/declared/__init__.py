"""What is declared once, and read by everybody: the knobs."""
