"""The findings of analyses of finished runs, and their files."""
