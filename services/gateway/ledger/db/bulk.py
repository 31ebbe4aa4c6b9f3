"""Sets as parameters: one statement, always the same text, for any number of ids or rows.

A list of values written out has another text for each length: the library builds it anew, PostgreSQL
prepares it anew on each connection. SQLite's driver lets go of the interpreter for each row it takes or
gives, and then waits for its turn; beside a busy event loop that is what a set costs. So sets go in and come
out as one value.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json, to_json
from sqlalchemy.dialects.postgresql import ARRAY

from services.gateway.ledger.db.schema import Utc

NOW = sa.bindparam("now", type_=Utc)
"""The moment of the transaction."""


Columns = Mapping[str, sa.ColumnElement[Any]]


def among(dialect: str, column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    """Say whether ``column`` is one of the strings or numbers of the parameter ``name``, a list."""
    if dialect == "postgresql":
        kind = column.type if isinstance(column.type, sa.Integer) else sa.String()
        return column == sa.any_(sa.bindparam(name, type_=ARRAY(kind)))
    values = sa.func.json_each(sa.bindparam(name, type_=sa.JSON)).table_valued("value")
    return column.in_(sa.select(values.c.value))


def at_once(dialect: str, query: sa.Select[Any]) -> sa.Select[Any]:
    """Return the query for :func:`fetch`: of columns that hold text or numbers, its rows as one on SQLite."""
    if dialect == "postgresql":
        return query
    rows = query.subquery()
    return sa.select(sa.func.json_group_array(sa.func.json_array(*rows.c)))


def fetch(
    conn: sa.Connection, statement: sa.Select[Any], parameters: Mapping[str, Any]
) -> list[Sequence[Any]]:
    """Return the rows of a query made by :func:`at_once`."""
    result = conn.execute(statement, parameters)
    if conn.dialect.name == "postgresql":
        return [tuple(row) for row in result]
    rows: list[Sequence[Any]] = from_json(result.scalar_one())
    return rows


def insert_rows(
    dialect: str,
    insert: Any,
    table: sa.Table,
    varying: Sequence[str],
    constant: Columns,
    derived: Callable[[Columns], Columns] | None = None,
) -> Any:
    """Return the statement that inserts the rows of the parameter ``rows``, made by :func:`rows_of`.

    Args:
        dialect: ``sqlite`` or ``postgresql``.
        insert: the dialect's ``INSERT`` into ``table``.
        table: the table.
        varying: columns that each row brings along.
        constant: what the other columns become, in all rows.
        derived: what still others become, given the columns that each row brings along.
    """
    brought, place = columns_of_rows(dialect, table, varying)
    others = {**constant, **(derived(brought) if derived else {})}
    # the order of the rows is the order of their ids; SQLite also wants a WHERE before ON CONFLICT
    query = sa.select(*brought.values(), *others.values()).where(sa.true()).order_by(place)
    return insert.from_select([*brought, *others], query, include_defaults=False)


def columns_of_rows(
    dialect: str, table: sa.Table, names: Sequence[str]
) -> tuple[dict[str, sa.ColumnElement[Any]], sa.ColumnElement[Any]]:
    """Return the columns of the parameter ``rows``, made by :func:`rows_of`, and the number of a row.

    Args:
        dialect: ``sqlite`` or ``postgresql``.
        table: whose columns they have the names and types of.
        names: of those that each row brings along.
    """
    rows = sa.bindparam("rows", type_=sa.Text)
    if dialect == "postgresql":
        columns = [sa.column(name, _plain(table.c[name].type)) for name in names]
        record = sa.func.json_to_recordset(sa.cast(rows, sa.JSON)).table_valued(
            *columns, sa.column("n", sa.Integer)
        )
        source = record.render_derived(with_types=True)
        brought = {name: _typed(source.c[name], table.c[name].type) for name in names}
        return brought, source.c.n
    each = sa.func.json_each(rows).table_valued("value")
    return (
        {name: sa.func.json_extract(each.c.value, f"$.{name}") for name in names},
        sa.func.json_extract(each.c.value, "$.n"),
    )


def rows_of(rows: Iterable[Mapping[str, str | float | None]]) -> str:
    """Return the parameter of rows; what goes into a column of JSON is JSON text already."""
    return to_json([{"n": n, **row} for n, row in enumerate(rows)]).decode()


def _typed(column: sa.ColumnElement[Any], kind: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
    return sa.cast(column, sa.JSON) if isinstance(kind, sa.JSON) else column


def _plain(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    return sa.Text() if isinstance(kind, sa.JSON | sa.String | sa.LargeBinary) else kind
