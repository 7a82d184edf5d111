"""The handlers, one file per part of the API; each lists its `ROUTES`."""
