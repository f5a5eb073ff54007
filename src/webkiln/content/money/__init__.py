"""Money as pages write it: amounts in any of the usual ways, currencies by sign, word and code."""
