"""`python -m dunlin` is the program `dunlin`."""

from dunlin.cli.main import main

main()
