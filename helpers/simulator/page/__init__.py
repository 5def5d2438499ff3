"""The simulator's page: what it shows (``views.py``), the news it listens to (``stream.py``), and its own files.

``page.js`` is the page itself, ``store.js`` what it knows, ``parts.js`` the pieces it draws with, ``inspector.js`` what
stands behind a message, ``panels.js`` faults, numbers and settings. The phone and the request view are those of
``helpers.display``.
"""
