"""Figures: series, panels, legends; matplotlib, and nothing of a study."""
