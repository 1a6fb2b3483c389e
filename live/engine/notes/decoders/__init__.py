"""What the steps of each representation mean in music, one file each."""
