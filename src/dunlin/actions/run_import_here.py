"""Run a waiting import in the request itself, for small files on a machine where no job process runs."""

from __future__ import annotations

from django_q.models import OrmQ

from dunlin.actions.doing import Who
from dunlin.actions.import_file import may_import, run_stored
from dunlin.records.models import ImportRun
from dunlin.reports.imports import WAITING, RunReport, import_run
from dunlin.rules.codes import Refused

HERE_BYTES_MAX = 5 << 20


def run_import_here(who: Who, run_id: int) -> RunReport:
    """Take the run from the queue and do it now. Refused: import_unknown, import_over_already, import_too_big_here."""
    may_import(who)
    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None:
        raise Refused("import_unknown", run=run_id)
    if run.state != WAITING:
        raise Refused("import_over_already", run=run_id, state=run.state)
    if run.bytes > HERE_BYTES_MAX:
        raise Refused("import_too_big_here", size=run.bytes >> 20, limit=HERE_BYTES_MAX >> 20)
    # Otherwise a job process that starts meanwhile would do the same work again.
    queued = [each.pk for each in OrmQ.objects.all() if each.name() == f"import {run_id}"]
    OrmQ.objects.filter(pk__in=queued).delete()
    run_stored(run_id)
    return import_run(run_id)
