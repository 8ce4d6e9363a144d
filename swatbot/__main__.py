"""`python -m swatbot` is `swatbot`."""

from swatbot.cli import main

main()
