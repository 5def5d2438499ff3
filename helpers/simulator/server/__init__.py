"""A server for the simulator.

``serving.py`` listens, ``connection.py`` speaks HTTP, ``request_body.py`` knows where a body ends. ``tls.py`` is loaded
only where somebody asks for it.
"""

from helpers.simulator.server.serving import Running, own_hosts, serve, serve_app

__all__ = ["Running", "own_hosts", "serve", "serve_app"]
