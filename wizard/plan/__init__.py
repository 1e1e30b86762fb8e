"""Task plans: built, written as XML, read back, checked, summed up, compared and undone. Pure."""
