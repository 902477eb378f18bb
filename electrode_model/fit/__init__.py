"""Fits of curves: measured data, objectives and methods."""
