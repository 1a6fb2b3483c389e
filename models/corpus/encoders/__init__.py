"""What writes music down as steps, one file each representation."""
