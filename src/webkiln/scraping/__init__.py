"""One URL to one document."""
