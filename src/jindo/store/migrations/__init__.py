"""The steps that make the schema; Alembic reads this folder."""

__all__: list[str] = []
