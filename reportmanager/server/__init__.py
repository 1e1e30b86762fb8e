"""Daphne in this process: limited request bodies, an orderly end."""
