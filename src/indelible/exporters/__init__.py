"""Events in the formats of others: JSON Lines, CSV, Parquet, CloudEvents and OCSF.

::

    from indelible.exporters import Csv, LineWriter

    writer = LineWriter(Csv())
    writer.open(file)
    for batch in audit.stream_stored(follow=False):
        writer.write_batch(batch)
    writer.close()
"""

from __future__ import annotations

from indelible.exporters.cloudevents import CloudEvents
from indelible.exporters.csv_ import Csv
from indelible.exporters.jsonl import JsonLines, event_line
from indelible.exporters.members import Exportable, Stored
from indelible.exporters.ocsf import Ocsf
from indelible.exporters.ocsf_mapping import (
    CLASSES,
    DEFAULT_RULES,
    OcsfClass,
    OcsfMapping,
    OcsfRule,
)
from indelible.exporters.parquet import ParquetWriter
from indelible.exporters.recorded import ExportRecord
from indelible.exporters.writers import EventWriter, LineFormat, LineWriter, lines

__all__ = [
    "CLASSES",
    "DEFAULT_RULES",
    "CloudEvents",
    "Csv",
    "EventWriter",
    "ExportRecord",
    "Exportable",
    "JsonLines",
    "LineFormat",
    "LineWriter",
    "Ocsf",
    "OcsfClass",
    "OcsfMapping",
    "OcsfRule",
    "ParquetWriter",
    "Stored",
    "event_line",
    "lines",
]
