"""Code written as many tutorials write it, holes included. Nothing here is to be used; notebooks show why."""
