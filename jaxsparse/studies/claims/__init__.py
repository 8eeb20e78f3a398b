"""Whether what a study claims holds, by confidence intervals."""
