"""One man: learned from his own course, what he may have, his forecast, and the protocol that suits him."""
