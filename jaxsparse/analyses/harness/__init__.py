"""What calls analyses of finished runs, and stores and draws their results."""
