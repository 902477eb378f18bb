"""From a YAML file to a checked, immutable configuration in SI."""
