"""What is declared once and read everywhere: the knobs and the actions."""
