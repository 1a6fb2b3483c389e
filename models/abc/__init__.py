"""ABC, the text in which folk tunes are written down: read letter by letter, and written."""
