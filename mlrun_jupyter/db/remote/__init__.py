"""A store behind a service: what goes over the wire, and the client that keeps the store's contract."""
