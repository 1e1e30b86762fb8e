"""Every node of the tree must be of a known kind, with known parts, in bounded number."""

from __future__ import annotations

from sqlglot import exp

from catalog.sqlguard.allowed import FUNCTIONS, NODES, PARTS, PSEUDO_COLUMNS, PSEUDO_FIELDS, TYPES
from catalog.sqlguard.errors import SqlRefused

MAX_NODES = 3_000
MAX_JOINS = 8
MAX_DEPTH = 120
_JOIN_KINDS = {"", "INNER", "OUTER", "CROSS", "SEMI", "ANTI"}
_JOIN_METHODS = {"", "NATURAL", "ASOF"}
_JOIN_SIDES = {"", "LEFT", "RIGHT", "FULL"}
_NAMED = (exp.Anonymous, exp.AnonymousAggFunc, exp.CombinedAggFunc)
_WORDS = {
    "Into": "SELECT … INTO",
    "Lock": "FOR UPDATE",
    "Lateral": "LATERAL",
    "Unnest": "UNNEST",
    "Pivot": "PIVOT",
    "TableSample": "TABLESAMPLE",
    "Parameter": "a variable",
    "SessionParameter": "a server variable",
    "Dot": "a name with dots",
    "Columns": "COLUMNS(…)",
}
_CLAUSES = {
    "locks": "FOR UPDATE", "into": "INTO", "hint": "a hint", "hints": "a table hint",
    "settings": "SETTINGS", "format": "FORMAT", "for_": "FOR XML or FOR JSON", "sample": "sampling",
    "pivots": "PIVOT", "laterals": "LATERAL VIEW", "connect": "CONNECT BY",
    "recursive": "RECURSIVE",
    "field": "IN without brackets", "percent": "LIMIT with PERCENT", "with_ties": "WITH TIES",
    "operation_modifiers": "a modifier after SELECT", "options": "OPTION",
    "system_time": "FOR SYSTEM_TIME", "version": "a version of a table",
}  # fmt: skip


def check_syntax(root: exp.Expr, dialect: str) -> None:
    """Raise ``SqlRefused`` for the first thing that is not known to be harmless."""
    joins = 0
    for count, node in enumerate(root.walk()):
        if count > MAX_NODES:
            raise SqlRefused("This SQL is too large to be checked.", "Split it up.")
        _check_node(node, dialect)
        joins += isinstance(node, exp.Join)
    if joins > MAX_JOINS:
        raise SqlRefused(f"At most {MAX_JOINS} joins are allowed, and this has {joins}.")
    if _too_deep(root):
        raise SqlRefused("This SQL is nested too deeply.", "Use fewer brackets.")


def _check_node(node: exp.Expr, dialect: str) -> None:
    name = type(node).__name__
    if isinstance(node, _NAMED):
        _check_function(node)
    elif name not in NODES:
        raise _refused_node(node, name)
    for part, value in node.args.items():
        if value and part not in PARTS.get(name, node.args):
            raise SqlRefused(
                f"{_CLAUSES.get(part, part.strip('_').upper())} is not allowed here.",
                "Use SELECT with FROM, JOIN, WHERE, GROUP BY, HAVING, ORDER BY and LIMIT.",
            )
    match node:
        case exp.Join():
            _check_join(node)
        case exp.DataType():
            _check_type(node)
        case exp.Column():
            _check_column(node, dialect)
        case exp.Table() if not isinstance(node.this, exp.Identifier):
            raise SqlRefused("A function cannot be used as a table.", "Use a table of this source.")
        case exp.CTE() if not isinstance(node.this, exp.Query):
            raise SqlRefused("WITH takes a SELECT in brackets.")


def _check_function(node: exp.Expr) -> None:
    name = str(node.this)
    if name.lower() not in FUNCTIONS:
        raise SqlRefused(
            f"The function “{name[:60]}” is not allowed.", "Common functions of SELECT are."
        )


def _refused_node(node: exp.Expr, name: str) -> SqlRefused:
    if isinstance(node, exp.Func):
        word = node.sql_names()[0] if node.is_var_len_args or node.sql_names() else name
        return SqlRefused(f"The function “{word}” is not allowed.")
    return SqlRefused(
        f"{_WORDS.get(name, name.upper())} is not allowed here.",
        "Use SELECT with FROM, JOIN, WHERE, GROUP BY, HAVING, ORDER BY and LIMIT.",
    )


def _check_join(node: exp.Join) -> None:
    known = node.kind in _JOIN_KINDS and node.method in _JOIN_METHODS and node.side in _JOIN_SIDES
    if not known:
        raise SqlRefused("This kind of join is not allowed.", "Use INNER, LEFT, RIGHT or FULL.")


def _check_type(node: exp.DataType) -> None:
    kind = node.this.name if isinstance(node.this, exp.DType) else str(node.this)
    if kind not in TYPES:
        raise SqlRefused(f"The type “{kind.lower()[:60]}” is not allowed.", "Use a plain type.")


def _check_column(node: exp.Column, dialect: str) -> None:
    quoted = isinstance(node.this, exp.Identifier) and node.this.quoted
    if node.name.lower() in PSEUDO_FIELDS.get(dialect, ()):
        raise SqlRefused("Sequences cannot be used here: reading one changes it.")
    if quoted or node.table:
        return
    if node.name.lower() in PSEUDO_COLUMNS.get(dialect, ()):
        raise SqlRefused(
            f"“{node.name}” tells about the connection, not about the data.",
            "If a column has this name, write it in quotes.",
        )


def _too_deep(root: exp.Expr) -> bool:
    level: list[exp.Expr] = [root]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in node.iter_expressions()]
        if not level:
            return False
    return True
