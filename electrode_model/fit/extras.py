"""Parts of a fit's report that were asked for: the posterior, the comparison of variants."""

from collections.abc import Mapping
from html import escape

from electrode_model import page
from electrode_model.fit.outcome import Extra, Fit
from electrode_model.fit.posterior import Posterior
from electrode_model.fit.variants import Comparison
from electrode_model.results.summary import duration

__all__ = ["of_comparison", "of_posterior"]


def of_posterior(found: Posterior) -> Extra:
    """Sampled intervals beside those of the derivatives, and the figure of all pairs."""
    from electrode_model.plots.posterior import corner  # plots may import what is here

    rows = [[escape(cell) for cell in row] for row in found.rows]
    parts = [
        page.table([escape(head) for head in found.heads], rows, right=(1, 2, 3, 5)),
        page.bullets(map(escape, found.sentences)),
        page.picture(
            corner(found),
            "posterior",
            "Histograms of the sampled parameters, and contours of their pairs",
            "Lines: 95 % of the samples of a parameter; contours: 50 and 95 % of those of a pair."
            " Dashed: what the derivatives at the optimum (cross) say.",
            half=len(found.names) < 4,
        ),
    ]
    return Extra("Posterior", str(found), "\n".join(parts), found.numbers())


def of_comparison(found: Comparison, fits: Mapping[str, Fit]) -> Extra:
    """The table of variants, and what it says."""
    heads, *rows = found.rows
    simulations = sum(one.simulations for one in fits.values())
    seconds = sum(one.seconds for one in fits.values())
    told = [*found.sentences, f"{simulations} simulations in {duration(seconds)} for all variants"]
    told += [f"{name}, not determined: {text}" for name, one in fits.items() for text in one.words]
    html = [
        page.table(heads, [[escape(cell) for cell in row] for row in rows], range(1, len(heads))),
        "<p>tau: neighbouring residuals that count as one. AICc, BIC: differences to the least, of"
        " residuals that are independent. Each variant has its own report in variants/.</p>",
        page.bullets(map(escape, told)),
    ]
    text = "\n".join([found.table(), *told])
    return Extra("Comparison of variants", text, "\n".join(html), found.numbers())
