"""The nouns: frozen values that hash, pickle and go to JSON. Standard library only, no behaviour beyond properties."""
