"""The short paper of a finished run: two pages, ready to be pasted into a Drucksache."""

from sozialraum.publish.vorlage.text import compose
from sozialraum.publish.vorlage.word import write_vorlage

__all__ = ["compose", "write_vorlage"]
