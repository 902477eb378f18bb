"""What a run leaves: in memory, on disk, and as numbers."""
