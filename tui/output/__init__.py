"""What goes to the terminal and what comes back from it: the layer between Textual and an SSH line."""
