"""The wire: one requests session a thread, the protocol, the meaning of each answer."""
