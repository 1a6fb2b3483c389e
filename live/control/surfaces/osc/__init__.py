"""OSC over UDP: packets in, commands asked, replies and news out."""
