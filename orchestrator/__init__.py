"""kmatrix: which patch of a Linux kernel series breaks which architecture."""

__version__ = "0.1.0"
