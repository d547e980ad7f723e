"""What is remembered: the one Django app with tables, constraints, fact builders and migrations."""
