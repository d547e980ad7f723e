"""The seeded generator of the sample company: customers, books, calls and promises of two years."""
