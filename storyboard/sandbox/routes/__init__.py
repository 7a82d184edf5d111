"""The handlers, one file for each part of the API; each lists its `ROUTES`."""
