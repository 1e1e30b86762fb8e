"""Files as people have them → one Parquet file and a report of what was repaired. No Django.

Runs in a sandbox child (``catalog.intake.worker``): it reads what strangers uploaded.
"""
