"""Many simulations of one configuration: cases, where they run, and their table."""
