"""Proofs, and the verification of a log by people who do not trust the one who keeps it."""
