"""Plans of studies: their members, the state of each, and the work ahead."""
