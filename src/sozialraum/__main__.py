"""``python -m sozialraum``."""

import sys

from sozialraum.cli import program

sys.exit(program())
