"""What the documentation site has beside the pages of `documentation/`: reference pages, generated when it is built."""
