"""Customer screens. Nothing is served here yet; customers are not users of this version."""
