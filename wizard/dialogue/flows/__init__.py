"""What to ask for each thing the wizard can make: one file an entity."""
