"""Models of a particle; each file holds one, as a function ``build``."""
