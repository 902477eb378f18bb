"""A configuration carried out: protocol, cut-offs, output."""
