"""What answers each address; each view is called in a thread and returns a whole answer."""
