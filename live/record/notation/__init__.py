"""Notation: what was heard of a run as a sheet of bars, parts and keys, written as ABC or MusicXML."""
