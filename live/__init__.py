"""The stage: what runs during the concert. Nothing here imports torch."""
