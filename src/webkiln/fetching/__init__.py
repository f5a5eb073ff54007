"""URL to page: every byte from the web enters here, past the egress guard."""
