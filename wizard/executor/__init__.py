"""Carries out reviewed plans in two phases.

``prepare`` does the slow work outside any transaction, ``apply`` writes everything in a short
one that ends with the fenced end of job and session. A dry run is the same with a rollback.
"""
