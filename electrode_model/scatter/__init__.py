"""Numbers that differ from particle to particle: rate constant, film, contact."""
