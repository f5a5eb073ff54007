"""What a page says of things for machines: JSON-LD, microdata, RDFa and Open Graph, as one form of item."""
