"""Files and payloads against their schemas, and the messages for what does not fit."""
