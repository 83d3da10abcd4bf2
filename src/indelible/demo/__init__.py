"""The demonstration: a small invoice service over HTTP that records who did what.

Read `server` first; it is the example of how an application uses the library.  `invoices` is the
application's own data, `clients` are its users, and `run` brings them together.
"""
