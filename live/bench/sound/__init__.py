"""What voices of sound take, measured."""
