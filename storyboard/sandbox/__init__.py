"""A server on loopback that speaks the API and renders animatics; needs the extra `sandbox`."""
