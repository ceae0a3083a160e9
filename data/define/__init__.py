"""What people define: pipelines, their jobs and their APIs, checked, compared, and written as YAML. Pure."""
