"""Sets as parameters: one statement, always the same text, for any number of ids or rows.

A list of values written out has another text for each length: the library builds it anew, PostgreSQL
prepares it anew on each connection, and SQLite's driver lets go of the interpreter for each row.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from pydantic_core import to_json
from sqlalchemy.dialects.postgresql import ARRAY

from services.gateway.ledger.schema import Utc

NOW = sa.bindparam("now", type_=Utc)
"""The moment of the transaction."""


def among(dialect: str, column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    """Say whether ``column`` is one of the strings of the parameter ``name``, a list."""
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam(name, type_=ARRAY(sa.String)))
    values = sa.func.json_each(sa.bindparam(name, type_=sa.JSON)).table_valued("value")
    return column.in_(sa.select(values.c.value))


def insert_rows(
    dialect: str,
    insert: Any,
    table: sa.Table,
    varying: Sequence[str],
    constant: Mapping[str, sa.ColumnElement[Any]],
) -> Any:
    """Return the statement that inserts the rows of the parameter ``rows``, made by :func:`rows_of`.

    Args:
        dialect: ``sqlite`` or ``postgresql``.
        insert: the dialect's ``INSERT`` into ``table``.
        table: the table.
        varying: columns that each row brings along.
        constant: what the other columns become, in all rows.
    """
    rows = sa.bindparam("rows", type_=sa.Text)
    selected: list[sa.ColumnElement[Any]] = []
    place: sa.ColumnElement[Any]
    if dialect == "postgresql":
        columns = [sa.column(name, _plain(table.c[name].type)) for name in varying]
        record = sa.func.json_to_recordset(sa.cast(rows, sa.JSON)).table_valued(
            *columns, sa.column("n", sa.Integer)
        )
        source = record.render_derived(with_types=True)
        for name in varying:
            of_json = isinstance(table.c[name].type, sa.JSON)
            selected.append(sa.cast(source.c[name], sa.JSON) if of_json else source.c[name])
        place = source.c.n
    else:
        each = sa.func.json_each(rows).table_valued("value")
        selected = [sa.func.json_extract(each.c.value, f"$.{name}") for name in varying]
        place = sa.func.json_extract(each.c.value, "$.n")
    # the order of the rows is the order of their ids; SQLite also wants a WHERE before ON CONFLICT
    query = sa.select(*selected, *constant.values()).where(sa.true()).order_by(place)
    return insert.from_select([*varying, *constant], query, include_defaults=False)


def rows_of(rows: Iterable[Mapping[str, str | float | None]]) -> str:
    """Return the parameter of rows; what goes into a column of JSON is JSON text already."""
    return to_json([{"n": n, **row} for n, row in enumerate(rows)]).decode()


def _plain(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    return sa.Text() if isinstance(kind, sa.JSON | sa.String) else kind
