"""Bodies of the older version of the API, and what each is in words of the newer one."""
