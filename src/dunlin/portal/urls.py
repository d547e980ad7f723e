"""Addresses of the portal. One line a page; the view's file carries the page's noun."""

from __future__ import annotations

from django.urls import URLPattern, path

from dunlin.portal import ask, contacts, dispute, documents, home, online, pay, problems, promise, sign_in

urlpatterns: list[URLPattern] = [
    path("", home.accounts, name="portal"),
    path("sign-in", sign_in.sign_in, name="portal_sign_in"),
    path("sign-out", sign_in.sign_out, name="portal_sign_out"),
    path("language", sign_in.language, name="portal_language"),
    path("link/<str:token>", sign_in.link, name="portal_link"),
    path("accounts/<int:pk>", home.account, name="portal_account"),
    path("accounts/<int:pk>/pay", pay.pay, name="portal_pay"),
    path("accounts/<int:pk>/how-to-pay", pay.how_to_pay, name="portal_how_to_pay"),
    path("accounts/<int:pk>/choices/<int:choice>/online", online.begin, name="portal_pay_online"),
    path("accounts/<int:pk>/payments/<int:online>", online.payment, name="portal_payment"),
    path("accounts/<int:pk>/promise", promise.promise, name="portal_promise"),
    path("accounts/<int:pk>/dispute", dispute.dispute, name="portal_dispute"),
    path("accounts/<int:pk>/documents", documents.documents, name="portal_documents"),
    path("accounts/<int:pk>/documents/<int:document>", documents.document, name="portal_document"),
    path(
        "accounts/<int:pk>/statement/<int:entity>/<str:currency>",
        documents.statement,
        name="portal_statement",
    ),
    path("accounts/<int:pk>/certificate", documents.certificate, name="portal_certificate"),
    path("accounts/<int:pk>/contacts", contacts.contacts, name="portal_contacts"),
    path("accounts/<int:pk>/ask", ask.ask, name="portal_ask"),
    path("<path:rest>", problems.not_found, name="portal_nothing"),
]
