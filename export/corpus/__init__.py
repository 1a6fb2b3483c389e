"""What a folder of music holds, as text and as a page."""
