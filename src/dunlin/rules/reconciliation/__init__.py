"""Account reconciliation: what does not fit on an account, what it rests on, and what would put it right (P27).

`check.findings_of(account, limits)` is the door; one file for each kind of check. See docs/rules/reconciliation.md.
"""
