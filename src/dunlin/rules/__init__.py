"""What should happen: plain Python. Given facts and a day, a rule answers with a decision and its reason.

No Django, no clock, no network, no chance; dates and figures come in as arguments."""
