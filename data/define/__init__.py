"""Pipelines, jobs and APIs as users define them: as YAML, as a difference to what is there, checked. No I/O."""
