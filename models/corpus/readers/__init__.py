"""What reads files of music, one file each kind."""
