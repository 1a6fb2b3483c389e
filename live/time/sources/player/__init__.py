"""The player's beat, from what they play."""
