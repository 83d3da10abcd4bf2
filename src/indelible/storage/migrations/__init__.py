"""The Alembic scripts that create the tables and bring them up to date."""
