"""Makes a model card out of what others publish: OpenAPI documents, schema replies, pages."""
