"""One program, dunlin; each command calls one action or report."""
