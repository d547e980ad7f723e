"""Where the payment provider tells what happened (E8). Nobody signs in here: a message is believed by its signature alone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from dunlin.actions.doing import payment_provider
from dunlin.actions.take_provider_event import take_provider_event
from dunlin.records.clock import now, today
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused

BODY_BYTES_MAX = 512 << 10


@csrf_exempt
@require_POST
def stripe(request: HttpRequest) -> HttpResponse:
    """200 once the message is kept, whatever follows from it; 400 for one that is not signed, 413 for one too long, 404 without a
    provider. What is answered says nothing about payments."""
    length = str(request.META.get("CONTENT_LENGTH") or 0)
    if not length.isdigit() or int(length[:19]) > BODY_BYTES_MAX:
        return JsonResponse({"error": "too_long"}, status=413)
    body = request.read(BODY_BYTES_MAX + 1)
    if len(body) > BODY_BYTES_MAX:
        return JsonResponse({"error": "too_long"}, status=413)
    moment = now()
    who = payment_provider(today(current_policy().ledger_time_zone), moment, request.id)  # type: ignore[attr-defined]
    try:
        row = take_provider_event(who, body, request.headers.get("Stripe-Signature", ""))
    except Refused as refused:
        status = 404 if refused.code == "payment_provider_not_set_up" else 400
        return JsonResponse({"error": refused.code}, status=status)
    return JsonResponse({"event": row.event_id, "state": row.state})
