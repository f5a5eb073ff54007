"""Work that may take long or take much, in processes that can be killed."""
