"""The use cases, each readable as a list of stages."""
