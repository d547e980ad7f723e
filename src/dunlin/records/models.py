"""All tables in one place, as Django looks for them; each lives in the file of its noun."""

from dunlin.records.approvals import Approval
from dunlin.records.balances import Balance, DailyFigure
from dunlin.records.cash import BankAccount, BankFile, PayerAlias, Receipt, RemittanceAdvice
from dunlin.records.contacts_made import Call, FollowUp, Note, Promise, PromiseItem, PromiseJudgement
from dunlin.records.conversations import (
    Conversation,
    ConversationItem,
    ConversationNote,
    Department,
    Mail,
    Mailbox,
    MailFile,
    MailProposal,
    Request,
)
from dunlin.records.customers import Address, Contact, ContactPoint, Customer, CustomerName, PaymentTerms
from dunlin.records.decisions import Decision, DecisionRun, Pin, PortfolioRule, Snooze, TierOrder
from dunlin.records.diary import DiaryLine
from dunlin.records.documents import Document, StoredFile
from dunlin.records.entities import BusinessCalendar, CalendarDay, Entity, ExchangeRate, Period
from dunlin.records.exceptions import Block, Dispute, Overpayment
from dunlin.records.imports import ImportChange, ImportProblem, ImportRun, SavedMapping
from dunlin.records.issued import IssuedDocument, NumberRange
from dunlin.records.items import Application, DueDateChange, Item, ItemLine
from dunlin.records.messages import Mailing, Message, MessageEvent, MessageFile, MessageItem
from dunlin.records.online_payments import OnlinePayment, ProviderEvent
from dunlin.records.people import Absence, User
from dunlin.records.policies import Setting
from dunlin.records.portal import PaymentChoice, PaymentChoiceItem, PortalLink, PortalSession
from dunlin.records.processes import FinalsReport, ProcessLine, ProcessRun
from dunlin.records.reconciliation import CleanUpAccount, CleanUpProject, FixRun
from dunlin.records.refunds import PayeeAccount, PayoutAccount, PayoutFile, Refund
from dunlin.records.returned import ReturnedPayment
from dunlin.records.strategies import Strategy, StrategyVersion, Template, TemplateVersion

__all__ = [
    "Absence", "Address", "Application", "Approval", "Balance", "BankAccount", "BankFile", "Block",
    "BusinessCalendar", "CalendarDay", "Call", "CleanUpAccount", "CleanUpProject", "Contact", "ContactPoint",
    "Conversation", "ConversationItem", "ConversationNote", "Customer", "CustomerName", "DailyFigure",
    "Decision", "DecisionRun", "Department", "DiaryLine", "Dispute", "Document", "DueDateChange", "Entity",
    "ExchangeRate", "FinalsReport", "FixRun", "FollowUp", "ImportChange", "ImportProblem", "ImportRun", "IssuedDocument", "Item",
    "ItemLine", "Mail", "MailFile", "MailProposal", "Mailbox", "Mailing", "Message", "MessageEvent",
    "MessageFile", "MessageItem", "Note", "NumberRange", "OnlinePayment", "Overpayment", "PayeeAccount", "PayerAlias", "PaymentChoice", "PaymentChoiceItem",
    "PaymentTerms", "PayoutAccount", "PayoutFile", "Period", "Pin", "PortalLink", "PortalSession",
    "PortfolioRule", "ProcessLine", "ProcessRun", "Promise", "PromiseItem", "PromiseJudgement", "ProviderEvent", "Receipt",
    "Refund", "RemittanceAdvice", "Request", "ReturnedPayment", "SavedMapping", "Setting", "Snooze", "StoredFile", "Strategy",
    "StrategyVersion", "Template", "TemplateVersion", "TierOrder", "User",
]  # fmt: skip
