"""Which runs are kept no longer, and how they go."""
