"""The structured DAE solver: vectorised kernels, block elimination, time stepping."""
