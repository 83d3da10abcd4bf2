"""What the exit code of the command line says.

=====  ==============================================================================
code   meaning
=====  ==============================================================================
0      Done, and where something was asked, the answer is yes.
1      Done, and the answer is no: no such event, a schema that is not current, a
       demonstration whose counts do not agree, spools that somebody has to look at.
2      The command line is wrong: an unknown option, a missing argument, a filter or
       cursor that makes no sense.  Nothing was done.
3      Configuration or environment: no URL or a wrong one, a missing driver or extra,
       missing or foreign tables, a setting that would lose what is stored, no directory
       of spools or one of another log.
4      The database cannot be reached, is locked by somebody else, or did not answer
       in time.  The same command may work later.
5      What was to be recorded is refused: an event that cannot be stored as it is, bad
       lines of an import, events of a spool.  Likewise a checkpoint that could not be
       made or published: the key refuses, or a witness or a sink does.  And an event
       that cannot be exported, because its stored text is damaged.
70     A defect in this program; a traceback follows.
130    Ended by Ctrl-C.
141    The reader of the output has gone, as in ``indelible list | head``.
143    Ended by SIGTERM.
=====  ==============================================================================

``verify`` and ``verify-proof`` have three answers: 0 means proven, 1 tampered with or false, and 2
that it could not be checked, for whatever reason: a database that cannot be reached, no key, no
checkpoint.  So an outage is taken neither for tampering nor for a proof.  ``evidence``, ``prove``
and ``export --tiles`` use 2 alike: 0 means that what they have written is proven.

An error other than 70 is one line on standard error that starts with ``indelible:``.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["ExitCode"]


class ExitCode(IntEnum):
    """The exit codes, as this module's page describes them."""

    OK = 0
    NO = 1
    USAGE = 2
    CONFIGURATION = 3
    UNAVAILABLE = 4
    REFUSED = 5
    DEFECT = 70
    INTERRUPTED = 130
    CLOSED_PIPE = 141
    TERMINATED = 143
