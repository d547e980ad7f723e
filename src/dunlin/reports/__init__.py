"""What people ask: read-only queries that answer frozen dataclasses."""
