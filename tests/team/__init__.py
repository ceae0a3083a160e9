"""The team store as a whole: a server that stops and comes back, engines, mirrors and dashboards around it."""
