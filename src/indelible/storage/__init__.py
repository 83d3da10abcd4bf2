"""The database: tables, engines, migrations, the transaction that appends, and reading.

Nothing here is imported before a service's first use: SQLAlchemy takes most of a second to load.
"""
