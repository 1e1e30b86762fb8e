"""Pages of the wizard: each works as a plain page, and gives htmx the part that changed."""
