"""Fokker-Planck model of a population: the distribution of filling in one electrode volume."""
