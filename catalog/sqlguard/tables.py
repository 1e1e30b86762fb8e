"""Which tables a statement reads, and whether it may.

A name is a CTE only where that CTE is visible (in the body of its WITH, and in CTEs after it), with
the dialect's own idea of upper and lower case; everything else is a table of the database and must
be one of the visible ones. Accepted names are rewritten to the exact, quoted name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlglot import exp

from catalog.sqlguard.errors import SqlRefused

Used = list[tuple[exp.Table, str]]  # each table node that means a real table, with its name

_ANY_CASE = {"duckdb", "sqlite"}  # quoted or not
_DEFAULT_SCHEMA = {"duckdb": "main", "sqlite": "main", "postgres": "public", "tsql": "dbo"}


def resolve_tables(root: exp.Expr, dialect: str, tables: Collection[str]) -> Used:
    """The real tables of ``root``, whose nodes are rewritten to their exact names."""
    used = [
        (table, _visible(table, dialect, tables))
        for table in list(root.find_all(exp.Table))
        if not _is_cte(table, dialect)
    ]
    for table, name in used:
        _rewrite(table, name, dialect)
    return used


def folded(identifier: exp.Expr | None, dialect: str) -> str:
    """The name as the engine compares it."""
    if not isinstance(identifier, exp.Identifier):
        return ""
    name = identifier.name
    if dialect in _ANY_CASE:
        return ascii_lower(name)
    if identifier.quoted:
        return name
    return {"postgres": name.lower(), "oracle": name.upper()}.get(dialect, name)


def ascii_lower(name: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in name)


def _is_cte(table: exp.Table, dialect: str) -> bool:
    if table.args.get("db") or table.args.get("catalog"):
        return False
    return folded(table.this, dialect) in _visible_ctes(table, dialect)


def _visible_ctes(table: exp.Table, dialect: str) -> set[str]:
    """Names of the CTEs that ``table`` can mean, by where it stands."""
    names: set[str] = set()
    child: exp.Expr = table
    while (parent := child.parent) is not None:
        clause = parent.args.get("with_")
        if isinstance(clause, exp.With) and clause is not child:
            names.update(_names(clause.expressions, dialect))
        if isinstance(parent, exp.With):
            before = parent.expressions[: _place(parent, child)]
            names.update(_names(before, dialect))
        child = parent
    return names


def _place(clause: exp.With, child: exp.Expr) -> int:
    return next(index for index, cte in enumerate(clause.expressions) if cte is child)


def _names(ctes: Collection[exp.Expr], dialect: str) -> Iterator[str]:
    for cte in ctes:
        yield folded(cte.args["alias"].this, dialect)


def _visible(table: exp.Table, dialect: str, tables: Collection[str]) -> str:
    """The visible table that ``table`` means; ``SqlRefused`` if there is none."""
    if not isinstance(table.this, exp.Identifier):
        raise SqlRefused("A function cannot be used as a table.", "Use a table of this source.")
    parts = [part for part in (table.args.get("catalog"), table.args.get("db"), table.this) if part]
    wanted = [folded(part, dialect) for part in parts]
    if len(wanted) == 2 and wanted[0] == _DEFAULT_SCHEMA.get(dialect):
        candidates = [".".join(wanted), wanted[1]]
    else:
        candidates = [".".join(wanted)]
    by_name = {_key(name, dialect): name for name in tables}
    for candidate in candidates:
        if (name := by_name.get(_key(candidate, dialect))) and _same_shape(name, parts, dialect):
            return name
    shown = ".".join(part.name for part in parts)
    raise SqlRefused(
        f"There is no table “{shown[:100]}” that you may use.",
        "Tables here: " + (", ".join(sorted(tables)[:10]) or "none") + ".",
    )


def _key(name: str, dialect: str) -> str:
    return ascii_lower(name) if dialect in (*_ANY_CASE, "tsql") else name


def _same_shape(name: str, parts: list[exp.Expr], dialect: str) -> bool:
    """Files and SQLite have no schemas: a dot there is part of a table's name."""
    return dialect not in _ANY_CASE or len(parts) == 1 or "." not in name


def _rewrite(table: exp.Table, name: str, dialect: str) -> None:
    if not table.alias and dialect not in _ANY_CASE and table.name != name.rpartition(".")[2]:
        table.set("alias", exp.TableAlias(this=table.this.copy()))
    schema, _, plain = name.rpartition(".") if dialect not in _ANY_CASE else ("", "", name)
    table.set("this", exp.to_identifier(plain, quoted=True))
    table.set("db", exp.to_identifier(schema, quoted=True) if schema else None)
    table.set("catalog", None)
