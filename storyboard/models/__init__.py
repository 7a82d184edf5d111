"""Model cards: the catalog, the reader, and in schema/ what is generated from their limits."""
