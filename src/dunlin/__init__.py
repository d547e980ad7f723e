"""Dunlin: the open-source desk of a business-to-business accounts-receivable collections team."""

__version__ = "0.3.0"
