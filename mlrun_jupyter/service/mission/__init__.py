"""The HTTP API of the system whose Python client people have: ``mlrun`` 1.12, pointed at this service, tracks here.

Paths and shapes are that client's expectations (``/api/v1``, ``/api/v2``); what has no meaning here answers 501 and
says so.
"""
