"""The service: the store of this machine for a team, over HTTP. ``mlrun db`` starts it, see :mod:`service.main`."""
