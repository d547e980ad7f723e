import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.mail_html import safe_html, text_of_html

pytestmark = pytest.mark.req("B6")


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='JaVa\tScript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<svg><script>alert(1)</script></svg>",
        "<svg onload=alert(1)>",
        "<iframe src='javascript:alert(1)'></iframe>",
        "<form action='https://evil.example'><input name=q><button>go</button></form>",
        "<meta http-equiv=refresh content='0;url=//evil.example'>",
        "<base href='//evil.example/'>",
        "<link rel=stylesheet href='//evil.example/x.css'>",
        "<style>@import url(//evil.example)</style>",
        '<p style="background:url(//evil.example/t.gif);position:fixed">x</p>',
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        "<object data='//evil.example'></object><embed src='//evil.example'>",
        "<video src='//evil.example/v'></video><audio src='//evil.example/a'></audio>",
        "<table background='//evil.example/t.gif'><tr><td>x</td></tr></table>",
        "<input type=image src='//evil.example/t.gif'>",
    ],
)
def test_nothing_runs_and_nothing_is_loaded(html):
    shown = safe_html(html).lower()
    for mark in ("<script", "onerror", "onload", "javascript:", "<iframe", "<form", "<input", "<meta", "<base", "<link", "<style",
                 "url(", "position", "<object", "<embed", "<video", "src=", "background", "<svg", "data:"):  # fmt: skip
        assert mark not in shown


def test_a_remote_picture_becomes_a_mark():
    assert (
        safe_html("<img src='https://t.example/p.gif' width=1>") == '<span class="mail-image">[image]</span>'
    )
    assert "[image: Logo &amp; name]" in safe_html("<img src='cid:1' alt='Logo & name'>")


def test_a_link_shows_where_it_goes():
    shown = safe_html("<a href='https://evil.example/pay'>www.yourbank.example</a>")
    assert 'rel="noopener noreferrer nofollow"' in shown
    assert 'target="_blank"' in shown
    assert "(evil.example)" in shown
    assert "(evil.example)" in safe_html(
        "<a href='https://yourbank.example@evil.example:8080/x'>https://yourbank.example/</a>"
    )
    assert "(acme.example)" not in safe_html("<a href='https://acme.example/x'>acme.example</a>")
    assert "href" not in safe_html("<a href='/accounts/7/delete'>x</a>")


def test_html_becomes_text_a_person_can_read():
    html = (
        "<html><head><title>no</title><style>p{}</style></head><body><h1>Dear  Ann</h1><p>please pay<br>by <b>Friday</b></p>"
        "<table><tr><th>Invoice</th><th>Amount</th></tr><tr><td>INV-1</td><td><div>10,00&nbsp;€</div></td></tr></table>"
        "<ul><li>one<li>two</ul><ol><li>a</li><li>b</li></ol><a href='https://pay.example/x'>pay here</a>"
        "<a href='mailto:a@b.example'>a@b.example</a><pre> as  is</pre><blockquote>we<br>wrote</blockquote><img alt='Logo'></body></html>"
    )
    assert text_of_html(html) == (
        "Dear Ann\n\nplease pay\nby Friday\n\nInvoice\tAmount\nINV-1\t10,00 €\n- one\n- two\n1. a\n2. b\n"
        "pay here <https://pay.example/x>a@b.example\n as  is\n> we\n> wrote\nLogo"
    )


@given(
    st.lists(
        st.sampled_from(
            [
                "<",
                ">",
                "a",
                "script",
                "/",
                '"',
                "'",
                "=",
                " ",
                "on",
                "img ",
                "svg",
                "<a href=",
                "javascript:",
                "&lt;",
                "<p>",
                "style",
            ]
        ),
        max_size=40,
    )
)
@settings(max_examples=300, deadline=None)
def test_cleaned_html_is_clean(pieces):
    shown = safe_html("".join(pieces))
    assert "<script" not in shown
    assert "<svg" not in shown
    assert 'href="javascript' not in shown
    text_of_html("".join(pieces))
