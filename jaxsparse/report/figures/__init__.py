"""Figures of a report, a kind a file: `draw(results, figure)`."""
