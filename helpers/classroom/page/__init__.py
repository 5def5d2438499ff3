"""The files of the class's pages."""
