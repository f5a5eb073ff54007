"""The door for clients of the older version of the API: each body is translated, v2 does the work."""
