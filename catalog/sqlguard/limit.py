"""Every statement ends with a LIMIT of ours."""

from __future__ import annotations

from sqlglot import exp

from catalog.sqlguard.errors import SqlRefused


def clamp(root: exp.Query, max_rows: int) -> exp.Query:
    """``root`` with its own limit, or ``max_rows`` where it has none or asks for more."""
    asked = _asked(root.args.get("limit"))
    rows = max_rows if asked is None else min(asked, max_rows)
    offset = root.args.get("limit") and root.args["limit"].args.get("offset")
    if offset is not None and not root.args.get("offset"):  # LIMIT 5, 10
        root.set("offset", exp.Offset(expression=offset.copy()))
    root.set("limit", exp.Limit(expression=exp.Literal.number(rows)))
    return root


def _asked(limit: exp.Expr | None) -> int | None:
    if limit is None:
        return None
    count = limit.args.get("count") if isinstance(limit, exp.Fetch) else limit.expression
    while isinstance(count, exp.Paren):
        count = count.this
    if count is None and isinstance(limit, exp.Fetch):
        return 1
    if isinstance(count, exp.Literal) and not count.is_string and count.name.isdigit():
        return int(count.name)
    raise SqlRefused("LIMIT takes a plain number.", "For instance LIMIT 100.")
