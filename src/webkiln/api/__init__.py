"""The HTTP door: requests in, operations called, answers in the contract's words."""
