"""``manage.py bench``: the paths that matter, measured on a real server, as ratios in one run.

Each figure stands beside what it is compared with: the engine called directly on the same file,
or a trivial view of the same server that also logs in by session (``GET /api/v1/jobs/{id}``).
"""
