"""GitLab's REST API over a world."""
