"""A corporate microblog on the key-value store."""
