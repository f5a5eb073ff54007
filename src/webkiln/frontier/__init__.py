"""Which links belong to a site that is crawled or mapped: identity, scope, patterns. Pure."""
