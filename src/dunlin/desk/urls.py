"""Staff addresses. One line a page; the view's file carries the page's noun."""

from django.urls import URLPattern, path

from dunlin.desk import design, me

urlpatterns: list[URLPattern] = [
    path("design", design.design, name="design"),
    path("me", me.me, name="me"),
    path("me/theme", me.theme, name="me_theme"),
]
