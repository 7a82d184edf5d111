"""Model cards: the catalog, and the JSON Schemas made from their limits."""
