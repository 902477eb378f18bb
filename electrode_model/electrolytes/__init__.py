"""Electrolyte models; each file holds one, as a function ``build``."""
