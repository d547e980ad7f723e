"""How other people's files read and how ours are written: bytes in, lines or a named problem out. No Django."""
