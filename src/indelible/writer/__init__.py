"""From ``record()`` to the commit: receipts, the pending queue, group commit and its thread.

Nothing here knows a database: the function that appends a batch is injected.
"""
