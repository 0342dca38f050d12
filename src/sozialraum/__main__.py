"""``python -m sozialraum``."""

from sozialraum.cli import program

program()
