"""Masked columns must not be touched, by any name they can be reached with.

Names are compared without regard to case and over the whole statement: where it is unclear which
table a name belongs to, it counts as the masked one. Better a refusal too many.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlglot import exp

from catalog.sqlguard.errors import SqlRefused
from catalog.sqlguard.tables import Used

_HINT = "Leave the column out, or ask an administrator for access to sensitive columns."


def check_masked(root: exp.Expr, used: Used, masked: Collection[str]) -> None:
    """Raise ``SqlRefused`` if ``root`` could show or use a column in ``masked``."""
    hidden = [(table, name, columns) for table, name in used if (columns := _of(name, masked))]
    if not hidden:
        return
    names = {column for _, _, columns in hidden for column in columns}
    places = _Places(used, {id(table): columns for table, _, columns in hidden})
    for table, name, _ in hidden:
        alias = table.args.get("alias")
        if alias is not None and alias.args.get("columns"):
            raise SqlRefused(f"The columns of “{name}” cannot be renamed here.", _HINT)
    for node in root.walk():
        match node:
            case exp.Column():
                _check_column(node, names, places)
            case exp.Star():
                _check_star(node, places)
            case exp.Join():
                _check_join(node, names)


class _Places:
    """What the names before a dot can mean."""

    def __init__(self, used: Used, hidden: dict[int, set[str]]) -> None:
        self.hidden = hidden
        self.columns: dict[str, set[str]] = {}
        for table, name in used:
            for known in {table.alias_or_name, table.name, name, name.rpartition(".")[2]}:
                found = self.columns.setdefault(known.casefold(), set())
                found |= hidden.get(id(table), set())

    def of(self, qualifier: str) -> set[str]:
        return self.columns.get(qualifier.casefold(), set())


def _of(table: str, masked: Collection[str]) -> set[str]:
    """The masked columns of ``table``, in lower case."""
    names = {table.casefold() + ".", table.rpartition(".")[2].casefold() + "."}
    return {
        item.casefold()[len(prefix) :]
        for item in masked
        for prefix in names
        if item.casefold().startswith(prefix)
    }


def _check_column(node: exp.Column, names: set[str], places: _Places) -> None:
    if isinstance(node.this, exp.Star):
        if places.of(node.table):
            raise _star_refused()
        return
    name = node.name.casefold()
    qualifiers = [part for part in (node.table, node.text("db"), node.text("catalog")) if part]
    if qualifiers:
        refused = any(name in places.of(part) for part in qualifiers)
        refused = refused or (name in names and node.table.casefold() not in places.columns
                              and not _is_derived(node))  # fmt: skip
    else:
        refused = name in names or bool(places.of(node.name))
    if refused:
        raise SqlRefused(f"“{node.name}” holds data that is hidden from you.", _HINT)


def _is_derived(node: exp.Column) -> bool:
    """``node`` names a subquery or CTE, whose own columns are checked where they are made."""
    root = node.root()
    wanted = node.table.casefold()
    aliases = {
        part.alias.casefold() for part in root.find_all(exp.Subquery, exp.CTE, exp.Values)
    } | {table.alias_or_name.casefold() for table in root.find_all(exp.Table)}
    return wanted in aliases


def _check_star(node: exp.Star, places: _Places) -> None:
    if isinstance(node.parent, exp.Count):
        return
    if isinstance(node.parent, exp.Column):  # t.*, looked at as a column
        return
    select = node.find_ancestor(exp.Select)
    if select is None or any(id(table) in places.hidden for table in _direct_tables(select)):
        raise _star_refused()


def _direct_tables(select: exp.Select) -> Iterator[exp.Table]:
    """Tables of the FROM clause itself, not those inside its subqueries."""
    stack: list[exp.Expr] = [
        part for part in (select.args.get("from_"), *(select.args.get("joins") or ())) if part
    ]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Table):
            yield node
        if not isinstance(node, exp.Select | exp.SetOperation):
            stack.extend(node.iter_expressions())


def _check_join(node: exp.Join, names: set[str]) -> None:
    if node.method == "NATURAL":
        raise SqlRefused("NATURAL JOIN is not allowed on tables with hidden columns.", "Use ON.")
    for column in node.args.get("using") or ():
        if column.name.casefold() in names:
            raise SqlRefused(f"“{column.name}” holds data that is hidden from you.", _HINT)


def _star_refused() -> SqlRefused:
    return SqlRefused("“*” would show columns that are hidden from you.", "Name the columns.")
