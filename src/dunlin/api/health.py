"""Is this process well? For load balancers and monitors; says nothing about the business."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from dunlin import __version__


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and its tables are there; 503 otherwise."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
            cursor.fetchone()
    except DatabaseError:
        return JsonResponse(
            {"status": "unwell", "database": "does not answer", "version": __version__}, status=503
        )
    return JsonResponse({"status": "well", "version": __version__})
