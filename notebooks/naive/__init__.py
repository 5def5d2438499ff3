"""Code written as many tutorials write it, holes included. Nothing here is to be used; notebooks show why.

``article.py`` belongs to notebook 04, all others to notebook 07. Files that begin with WRONG ON PURPOSE are attacked;
``attacks.py`` breaks in (``race.py`` and ``processes.py`` with it), ``scene.py`` has the people and the clocks,
``scoreboard.py`` keeps the score. ``seeded_codes.py`` waits for an attack of yours (exercise 07.2).
"""
