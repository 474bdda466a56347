"""The microservice for users (accounts) of a larger company."""
