"""The service's own API, below ``/api/native/v1``: the store's contract, verb by verb."""
