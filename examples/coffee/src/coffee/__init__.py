"""A community about kinds of coffee, on the key-value store."""
