"""The versions of the data: key_value_client.migrations applies them."""
