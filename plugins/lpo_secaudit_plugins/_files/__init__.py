"""Reading files that the other side made: strict, limited in size, depth and time."""
