"""Details of errors, as generated."""
