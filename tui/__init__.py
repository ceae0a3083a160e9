"""The application: command line, dashboard, screens and what they say."""
