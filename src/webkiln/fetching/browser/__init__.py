"""Pages in a real Chromium: every connection of which goes through our own egress guard."""
