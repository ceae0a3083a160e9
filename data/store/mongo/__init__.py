"""The store in MongoDB, for a team."""
