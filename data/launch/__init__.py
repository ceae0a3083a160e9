"""What a launch asks for: pure rules that screens, the command line and the engine share. No I/O."""
