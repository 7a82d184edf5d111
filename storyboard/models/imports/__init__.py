"""Makes model cards from what others publish: OpenAPI documents, schema replies, pages."""
