"""Whether a page is what a reader came for, from signs that can be measured, and which page it repeats."""
