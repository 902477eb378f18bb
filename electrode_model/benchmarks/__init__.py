"""What the solver costs, beside CasADi's idas and PyBaMM in the same run."""
