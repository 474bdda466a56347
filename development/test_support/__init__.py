"""What tests are run with: real Tarantools and real services, on free ports and in temporary folders."""
