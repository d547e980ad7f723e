"""Automatic cash application: which open items a payment pays, why, and whether a person must look. DOMAIN section 6.

`matching.match(payment, book)` is the door. A book answers what is open and what is known of payers; it is the database in the
product and a file's rows in `dunlin apply files`. Nothing here posts anything."""
