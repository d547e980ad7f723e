"""What collectors write after a call."""

from __future__ import annotations

from datetime import date
from random import Random

_SHORT = {
    "voicemail": ("", "", "Left message with amount and number.", "Asked to call back before Friday.", "Box was full at first, then left message."),
    "no_answer": ("", "", "", "Rings out."),
    "busy": ("",),
    "gatekeeper": ("Reception: AP is at lunch.", "Put through to nobody.", "Told to write to the shared mailbox.", "Receptionist takes a message."),
}  # fmt: skip
_TALK = (
    "{number} is approved and waits for the next payment run.",
    "Says {number} never arrived; copy sent while on the phone.",
    "{number} is with the project manager for sign-off.",
    "They changed systems; asks for a statement of all open items.",
    "Cash is tight until their customer pays. Will come back to us.",
    "New person in AP, walked through the account line by line.",
    "Needs the PO number on {number} before it can be posted.",
    "Claims {number} was paid; asked for the bank reference.",
    "Portal rejected {number}; asked operations to upload it again.",
)
_PROMISES = (
    "{who} will pay {number} on {day}.",
    "{number}: payment run on {day}, confirmed by {who}.",
    "Money goes out {day}. {who} will send the remittance advice.",
    "{who} promises {day}, after the director has signed.",
    "Half of the delay was our missing PO. Paid by {day}.",
)
_REFUSALS = (
    "Will not pay before the service credit is settled.", "Hung up when asked for a date.",
    "Says we can sue. Stayed polite, told them what happens next.", "Refuses to speak about it; wants our manager.",
)  # fmt: skip
_DISPUTES = (
    "Contests {number}: opened a dispute.", "{number} is not what was ordered, they say.", "Wants a credit on {number} first.",
)  # fmt: skip
_STEPS = (
    "Send copies of the open invoices", "Call again after their payment run", "Check with sales about the PO",
    "Send a statement", "Ask operations for the delivery note", "Call the controller",
)  # fmt: skip
_REMARKS = (
    "Pays by check only; allow a week for the mail.",
    "Prefers an e-mail with the PDF before any call.",
    "Best reached before ten in the morning.",
    "Payment run is every second Thursday.",
    "Asks for statements in their own language.",
    "New ERP since spring: old PO numbers are not found any more.",
    "Site manager must sign every invoice over 5,000.",
)
_INBOUND = (
    "Called in about {number}: wants a copy.",
    "Called in to say that {number} is in the next run.",
    "Asks which bank account to pay {number} to; pointed to the invoice.",
    "Returned our voicemail. {number} is approved.",
)
_SNOOZES = (
    "Their office is closed for stocktaking",
    "Waits for our credit memo",
    "AP is away until then",
    "Sales asked for a pause",
)


def short_note(random: Random, outcome: str) -> str:
    return random.choice(_SHORT.get(outcome, ("",)))


def talk_note(random: Random, number: str) -> str:
    return random.choice(_TALK).format(number=number)


def promise_note(random: Random, who: str, number: str, day: date) -> str:
    return random.choice(_PROMISES).format(who=who, number=number, day=f"{day.day} {day:%B}")


def remark(random: Random) -> str:
    return random.choice(_REMARKS)


def inbound_note(random: Random, number: str) -> str:
    return random.choice(_INBOUND).format(number=number)


def refusal(random: Random) -> str:
    return random.choice(_REFUSALS)


def dispute_note(random: Random, number: str) -> str:
    return random.choice(_DISPUTES).format(number=number)


def next_step(random: Random) -> str:
    return random.choice(_STEPS)


def outcome(random: Random) -> str:
    return random.choice(
        ("Done", "Paid meanwhile", "Sent", "Still waiting, new date agreed", "No answer, wrote instead")
    )


def snooze_reason(random: Random) -> str:
    return random.choice(_SNOOZES)
