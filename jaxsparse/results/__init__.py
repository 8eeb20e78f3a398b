"""What analyses of finished runs return, and where it is kept."""
