"""Where Lineside keeps what it knows: the port, its implementations, and the log files."""
