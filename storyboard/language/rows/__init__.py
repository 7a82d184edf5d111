"""Tables of which each row makes a shot: CSV, JSON, YAML and others, as rows with positions."""
