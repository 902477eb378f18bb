"""Materials; each file holds one, as ``MATERIAL``."""
