"""Transport properties of electrolytes; each file holds one set."""
