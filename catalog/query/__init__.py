"""The engine-neutral query language of the catalog. No Django in here."""
