"""Examples that run from a clone: the sample company that `make demo` loads."""
