"""What steers the music from outside: OSC and MIDI controllers. They translate, nothing more."""
