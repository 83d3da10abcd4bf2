"""Programs that end, each in its own way, as ``python -m features.support.crash.ending``.

Its arguments are the way to end, the ledger's descriptor, and a JSON object with ``url`` and the
service's arguments as ``service``.  All of them record in asynchronous mode, with a spool or
without.
"""

from __future__ import annotations

import atexit
import concurrent.futures
import faulthandler
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any, NoReturn

from features.support.crash.ledger import Teller
from features.support.crash.recorder import Recorder
from indelible import AuditService

SECONDS = 110.0
"""How long a program may take on a busy machine, which starts an interpreter for seconds."""

EVENTS = 200


class Program:
    """One program: a service, and the ledger."""

    def __init__(self, descriptor: int, order: dict[str, Any]) -> None:
        self.order = order
        self.teller = Teller(descriptor)
        self.audit = AuditService(order["url"], **order["service"])

    def recorder(self, name: str = "main") -> Recorder:
        return Recorder(self.audit, self.teller, f"{name}:{os.getpid()}", retry=False)

    def record(self, name: str = "main", events: int = EVENTS) -> None:
        recorder = self.recorder(name)
        for _ in range(events):
            recorder.record()


def returns(program: Program) -> None:
    program.record()


def sys_exit(program: Program) -> NoReturn:
    program.record()
    sys.exit(3)


def uncaught(program: Program) -> NoReturn:
    program.record()
    raise RuntimeError("nobody catches this")


def uncaught_in_a_thread(program: Program) -> None:
    def run() -> NoReturn:
        program.record("thread")
        raise RuntimeError("nobody catches this either")

    thread = threading.Thread(target=run)
    thread.start()
    program.record()
    thread.join()


def sys_exit_in_a_thread_and_main_goes_on(program: Program) -> None:
    def run() -> NoReturn:
        program.record("thread")
        sys.exit(5)

    # Joined by the interpreter, after the main thread's end and before atexit.
    threading.Thread(target=run).start()
    program.record()


def sigterm_with_a_handler_that_exits(program: Program) -> None:
    def stop(number: int, frame: FrameType | None) -> NoReturn:
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    _is_signalled(program, signal.SIGTERM)


def sigterm_with_a_handler_that_sets_a_flag(program: Program) -> None:
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopping.append(number))
    recorder = program.recorder()
    for step in range(100 * EVENTS):
        recorder.record()
        if step == EVENTS:
            os.kill(os.getpid(), signal.SIGTERM)
        if stopping:
            return


def sigterm_and_nobody_handles_it(program: Program) -> None:
    recorder = program.recorder()
    for _ in range(EVENTS):
        recorder.record()
    recorder.flush()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, "somebody has set a handler"
    _is_signalled(program, signal.SIGTERM)


def sigint(program: Program) -> None:
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, "somebody has set one"
    _is_signalled(program, signal.SIGINT)


def sigint_while_recording(program: Program) -> None:
    recorder = program.recorder()

    def interrupt() -> None:
        while recorder.step < EVENTS:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    # Interrupted anywhere, also between an event's being accepted and its caller's learning of it.
    while True:
        recorder.record()


def sigint_with_a_handler_of_the_hosts_own(program: Program) -> None:
    def stop(number: int, frame: FrameType | None) -> NoReturn:
        program.record("handler", 10)
        sys.exit(0)

    signal.signal(signal.SIGINT, stop)
    _is_signalled(program, signal.SIGINT)


def _is_signalled(program: Program, number: signal.Signals) -> None:
    program.record("signalled")
    os.kill(os.getpid(), number)
    signal.pause()


def daemon_threads_record_on(program: Program) -> None:
    """The interpreter ends while daemon threads record: they are refused at some moment."""

    def run(number: int) -> None:
        recorder = program.recorder(f"daemon-{number}")
        while recorder.record() is not None:
            time.sleep(0.0005)

    for number in range(4):
        threading.Thread(target=run, args=(number,), daemon=True).start()
    program.record()


def futures_record_at_the_end(program: Program) -> None:
    """What an executor still has to do is done before the library closes, and recorded."""
    executor = concurrent.futures.ThreadPoolExecutor(2)
    for number in range(20):
        executor.submit(_slowly, program, number)
    program.record()


def _slowly(program: Program, number: int) -> None:
    time.sleep(0.01)
    program.record(f"future-{number}", 5)


def atexit_functions_record(program: Program) -> None:
    """Functions registered after the import of the library are called before its own one."""
    atexit.register(program.record, "atexit", 20)
    program.record()


def os_exit(program: Program) -> NoReturn:
    recorder = program.recorder()
    for _ in range(EVENTS):
        recorder.record()
    recorder.flush()
    for _ in range(EVENTS):
        recorder.record()
    os._exit(7)


def multiprocessing_forks(program: Program) -> None:
    _have_children(program, "fork")


def multiprocessing_spawns(program: Program) -> None:
    _have_children(program, "spawn")


def _have_children(program: Program, method: str) -> None:
    """Parent and children record; a forked child's service is a copy of its parent's."""
    recorder = program.recorder("parent")
    for _ in range(EVENTS):
        recorder.record()
    context: Any = multiprocessing.get_context(method)
    if method == "fork":
        children = [context.Process(target=_child, args=(program,)) for _ in range(2)]
    else:
        # A spawned child inherits no descriptor by its number; a connection takes one along.
        pipe = Connection(os.dup(program.teller.descriptor), readable=False)
        children = [context.Process(target=_spawned, args=(pipe, program.order)) for _ in range(2)]
    for child in children:
        child.start()
    for _ in range(EVENTS):
        recorder.record()
    for child in children:
        child.join(SECONDS)
        assert child.exitcode == 0, child.exitcode


def _child(program: Program) -> None:
    program.record("child")


def _spawned(pipe: Connection, order: dict[str, Any]) -> None:
    _child(Program(pipe.fileno(), order))


def cannot_be_delivered(program: Program) -> None:
    """The database is locked by somebody else, whom the end does not wait for longer than told."""
    program.record()
    program.teller.note("ending")


WAYS: dict[str, Callable[[Program], None]] = {
    "returns": returns,
    "sys.exit": sys_exit,
    "an exception that nobody catches": uncaught,
    "an exception in a thread": uncaught_in_a_thread,
    "sys.exit in a thread": sys_exit_in_a_thread_and_main_goes_on,
    "SIGTERM, and a handler that exits": sigterm_with_a_handler_that_exits,
    "SIGTERM, and a handler that sets a flag": sigterm_with_a_handler_that_sets_a_flag,
    "SIGTERM, and no handler": sigterm_and_nobody_handles_it,
    "SIGINT": sigint,
    "SIGINT while it records": sigint_while_recording,
    "SIGINT, and a handler that records": sigint_with_a_handler_of_the_hosts_own,
    "live daemon threads that record on": daemon_threads_record_on,
    "futures that record at the end": futures_record_at_the_end,
    "functions of atexit that record": atexit_functions_record,
    "os._exit": os_exit,
    "children by fork": multiprocessing_forks,
    "children by spawn": multiprocessing_spawns,
    "a database that is locked": cannot_be_delivered,
}

if __name__ == "__main__":
    faulthandler.dump_traceback_later(SECONDS, exit=True)
    way, descriptor, order = sys.argv[1:]
    WAYS[way](Program(int(descriptor), json.loads(order)))
