"""Support for tests: real Tarantools and services on free ports in temporary folders, contract suites, fakes."""
