"""Backs up the data of a Tarantool while it runs, and restores them to any moment since."""
