"""What holds for all tests."""

from hypothesis import settings

# A busy machine is no failure: no test judges by the clock.
settings.register_profile("webkiln", deadline=None)
settings.load_profile("webkiln")
