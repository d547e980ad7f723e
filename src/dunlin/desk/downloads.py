"""Files that leave a page: CSV streamed row by row, and real workbooks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence

from django.http import FileResponse, HttpRequest, StreamingHttpResponse

from dunlin.formats.csv_out import OutCell, csv_lines
from dunlin.formats.xlsx_out import Sheet, write_xlsx

FORMS = ("csv", "xlsx")
_BOM = b"\xef\xbb\xbf"  # without it spreadsheets misread names
_PIECE = 64 * 1024


def wanted(request: HttpRequest) -> str:
    """`csv` or `xlsx` when the page is asked for as a file; empty when it is to be shown."""
    form = request.GET.get("form", "")
    return form if form in FORMS else ""


def as_csv(name: str, header: Sequence[str], rows: Iterable[Sequence[OutCell]]) -> StreamingHttpResponse:
    """The rows as `name`.csv, sent while they are read; no cell can run as a formula."""
    answer = StreamingHttpResponse(_pieces(csv_lines(header, rows)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def _pieces(lines: Iterator[str]) -> Iterator[bytes]:
    """Lines gathered into pieces: one write a line would cost more than making it."""
    gathered = bytearray(_BOM)
    for line in lines:
        gathered += line.encode("utf-8", "replace")
        if len(gathered) >= _PIECE:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)


def as_xlsx(name: str, sheets: Sequence[Sheet]) -> FileResponse:
    """The sheets as `name`.xlsx, written to disk first so that memory does not grow with the rows."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  the answer closes it
    write_xlsx(file, sheets)
    file.seek(0)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    answer = FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=kind)
    answer["Cache-Control"] = "no-store"
    return answer
