"""One function per view of the wire table: request parameters to columns."""
