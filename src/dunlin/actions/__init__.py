"""What people and the clock do: one file per verb. Gather the facts, ask the rule, record what was decided."""
