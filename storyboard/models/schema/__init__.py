"""JSON Schemas generated from model cards, and the validator that checks against them."""
