"""From areas to people at places, and how far these people are from a room."""
