"""Staff addresses. One line a page; the view's file carries the page's noun."""

from django.urls import URLPattern, path

urlpatterns: list[URLPattern] = []
