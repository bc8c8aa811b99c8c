"""Words that every room shares: errors, ids, amounts and times.

`base` has no door: its modules are imported by name (`from jindo.base.errors import InputError`).
"""

__all__: list[str] = []
