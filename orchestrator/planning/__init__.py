"""Pure: what to build, with which commands, in which order."""
