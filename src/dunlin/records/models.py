"""All tables in one place, as Django looks for them; each lives in the file of its noun."""

from dunlin.records.balances import Balance, DailyFigure
from dunlin.records.contacts_made import Call, FollowUp, Note, Promise, PromiseItem, PromiseJudgement
from dunlin.records.customers import Address, Contact, ContactPoint, Customer, CustomerName, PaymentTerms
from dunlin.records.decisions import Decision, DecisionRun, Pin, PortfolioRule, Snooze, TierOrder
from dunlin.records.diary import DiaryLine
from dunlin.records.entities import BusinessCalendar, CalendarDay, Entity, ExchangeRate, Period
from dunlin.records.exceptions import Block, Dispute
from dunlin.records.imports import ImportChange, ImportProblem, ImportRun, SavedMapping
from dunlin.records.items import Application, DueDateChange, Item, ItemLine
from dunlin.records.people import Absence, User
from dunlin.records.policies import Setting

__all__ = [
    "Absence", "Address", "Application", "Balance", "Block", "BusinessCalendar", "CalendarDay", "Call", "Contact",
    "ContactPoint", "Customer", "CustomerName", "DailyFigure", "Decision", "DecisionRun", "DiaryLine", "Dispute",
    "DueDateChange", "Entity", "ExchangeRate", "FollowUp", "ImportChange", "ImportProblem", "ImportRun", "Item", "ItemLine",
    "Note", "PaymentTerms", "Period", "Pin", "PortfolioRule", "Promise", "PromiseItem", "PromiseJudgement", "SavedMapping",
    "Setting", "Snooze", "TierOrder", "User",
]  # fmt: skip
