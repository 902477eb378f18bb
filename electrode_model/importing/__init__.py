"""Readers of other programs' input files, which write them as a YAML file of this one."""
