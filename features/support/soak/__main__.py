"""The soak as a program: ``python -m features.support.soak --minutes N``, or ``./dev soak``.

Threads of several processes record into one log on a real PostgreSQL, each process with a spool,
while processes are killed, and the server is killed, restarted and stopped, at random.  At the end
the judge compares what was acknowledged with what is in the log, and the log is verified.  The
status is 0 if nothing was lost, doubled, out of order or made up, 1 otherwise, 2 for arguments that
make no sense, and 3 where there is no PostgreSQL.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
from pathlib import Path

from features.support import servers
from features.support.soak.charts import text_chart, write_csv, write_svg
from features.support.soak.run import Course, Soak

BUILD = Path(__file__).parents[3] / "build" / "soak"


def minutes(text: str) -> float:
    number = float(text)
    if not 0 < number < 100_000:
        raise argparse.ArgumentTypeError("give minutes above 0; 0.1 are six seconds")
    return number


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev soak", description="Soak a log in faults.")
    parser.add_argument("--minutes", type=minutes, default=10.0, help="how long (default: 10)")
    parser.add_argument("--seed", type=int, help="repeat the random choices of another soak")
    parser.add_argument("--output", type=Path, default=BUILD, help="where soak.svg and soak.csv go")
    return parser.parse_args(arguments)


def tell(course: Course, output: Path) -> None:
    """Print the charts, and write them into files."""
    series = course.series()
    output.mkdir(parents=True, exist_ok=True)
    for each in series:
        print(text_chart(each, course.seconds, course.marks) + "\n")
    write_svg(output / "soak.svg", series, course.seconds, course.marks)
    write_csv(output / "soak.csv", series, course.seconds)
    print(f"charts: {output / 'soak.svg'}, figures: {output / 'soak.csv'}")


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    seed = options.seed if options.seed is not None else random.randrange(2**32)
    # The servers' failures are what this is about; what they mean is said at the end.
    logging.disable(logging.CRITICAL)
    print(f"seed {seed}", flush=True)

    def say(line: str) -> None:
        print(line, flush=True)

    try:
        with servers.PostgreSQL() as server:
            course = Soak(server, options.minutes * 60, seed, say).run()
    except servers.Unavailable as unavailable:
        print(unavailable, file=sys.stderr)
        return 3
    tell(course, options.output)
    faults = len(course.marks)
    print(f"{faults} faults in {course.seconds[-1]:.0f} s, seed {seed}: {course.verdict}")
    return 0 if course.verdict else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
