"""Disclosure control: what totals give away, what is withheld, and the attacker that checks it."""
