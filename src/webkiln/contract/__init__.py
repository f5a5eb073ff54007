"""The words of the wire: what clients send and what they receive, as pydantic models."""
