import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.quoted import split_reply
from tests import shared_data

pytestmark = [pytest.mark.req("B6"), pytest.mark.trap(59)]

ANSWER = "We will pay on Friday.\n\nAnn"
OURS = "Please pay INV-7, 100.00 EUR. Do you dispute it?"

ATTRIBUTIONS = [
    "On Mon, Mar 2, 2026 at 10:00 AM AR <ar@us.example> wrote:",
    "On Mon, Mar 2, 2026 at 10:00 AM, Accounts Receivable Team of Us <\nar@us.example> wrote:",
    "On 02/03/2026 10:00, AR wrote:",
    "Am 02.03.2026 um 10:00 schrieb AR <ar@us.example>:",
    "AR <ar@us.example> schrieb am Mo., 2. März\n2026, 10:00:",
    "Le lun. 2 mars 2026 à 10:00, AR <ar@us.example> a écrit :",
    "El lun, 2 mar 2026 a las 10:00, AR (<ar@us.example>) escribió:",
    "Il giorno lun 2 mar 2026 alle ore 10:00 AR <ar@us.example> ha scritto:",
    "Em seg., 2 de mar. de 2026 às 10:00, AR <ar@us.example> escreveu:",
    "Op ma 2 mrt 2026 om 10:00 schreef AR <ar@us.example>:",
    "W dniu 02.03.2026 o 10:00, AR pisze: <ar@us.example> napisał(a):",
    "Den mån 2 mars 2026 kl 10:00 skrev AR <ar@us.example>:",
    "man. 2. mar. 2026 kl. 10:00 skrev AR <ar@us.example>:",
    "ma 2. maalisk. 2026 klo 10.00 AR (ar@us.example) kirjoitti:",
    "пн, 2 мар. 2026 г. в 10:00, AR <ar@us.example> написал:",
    "пн, 2 бер. 2026 р. о 10:00 AR <ar@us.example> пише:",
    "po 2. 3. 2026 v 10:00 odesílatel AR <ar@us.example> napsal:",
    "AR <ar@us.example>, 2 Mar 2026 Pzt, 10:00 tarihinde şunu yazdı:",
    "AR <ar@us.example> 于2026年3月2日周一 上午10:00写道：",
    "2026年3月2日(月) 10:00 AR <ar@us.example>:",
    "2026년 3월 2일 (월) 오전 10:00, AR <ar@us.example>님이 작성:",
    "---- On Mon, 02 Mar 2026 10:00:00 +0100 AR <ar@us.example> wrote ----",
    "In a message dated 3/2/2026 10:00:00 AM, ar@us.example writes:",
]

HEADS = [
    "From: AR <ar@us.example>\nSent: Monday, March 2, 2026 10:00\nTo: Ann\nSubject: Statement",
    "Von: AR <ar@us.example>\nGesendet: Montag, 2. März 2026 10:00\nAn: Ann\nBetreff: Mahnung",
    "De : AR <ar@us.example>\nEnvoyé : lundi 2 mars 2026 10:00\nÀ : Ann\nObjet : Relevé",
    "De: AR <ar@us.example>\nEnviado: lunes, 2 de marzo de 2026\nPara: Ann\nAsunto: Estado",
    "De: AR\nEnviada em: segunda-feira, 2 de março de 2026\nPara: Ann\nAssunto: Extrato",
    "Da: AR\nInviato: lunedì 2 marzo 2026\nA: Ann\nOggetto: Estratto",
    "Van: AR\nVerzonden: maandag 2 maart 2026\nAan: Ann\nOnderwerp: Overzicht",
    "Od: AR\nWysłano: poniedziałek, 2 marca 2026\nDo: Ann\nTemat: Wyciąg",
    "Från: AR\nSkickat: den 2 mars 2026\nTill: Ann\nÄmne: Utdrag",
    "Fra: AR\nSendt: 2. marts 2026\nTil: Ann\nEmne: Udtog",
    "Lähettäjä: AR\nLähetetty: 2. maaliskuuta 2026\nVastaanottaja: Ann\nAihe: Ote",
    "От: AR\nОтправлено: 2 марта 2026 г.\nКому: Ann\nТема: Выписка",
    "发件人: AR\n发送时间: 2026年3月2日\n收件人: Ann\n主题: 对账单",
    "差出人: AR\n送信日時: 2026年3月2日\n宛先: Ann\n件名: 明細",
    "보낸 사람: AR\n보낸 날짜: 2026년 3월 2일\n받는 사람: Ann\n제목: 명세서",
    "Kimden: AR\nGönderildi: 2 Mart 2026\nKime: Ann\nKonu: Ekstre",
    "*From:* AR [mailto:ar@us.example]\n*Sent:* Monday, March 2, 2026\n*To:* Ann\n*Subject:* Statement",
]


@pytest.mark.parametrize("mark", ATTRIBUTIONS)
def test_the_answer_above_a_quote_in_many_languages(mark):
    quoted = "\n".join(f"> {line}" for line in OURS.split("\n"))
    for history in (f"{mark}\n\n{quoted}", f"{mark}\n{quoted}", f"{mark}\n\n{OURS}"):
        split = split_reply(f"{ANSWER}\n\n{history}\n")
        assert split.reply == ANSWER, history
        assert OURS in split.quoted.replace("> ", "")
        assert split.sure


@pytest.mark.parametrize("mark", HEADS)
@pytest.mark.parametrize("before", ["", "________________________________\n", "-----Original Message-----\n"])
def test_the_answer_above_a_head_in_many_languages(mark, before):
    split = split_reply(f"{ANSWER}\n\n{before}{mark}\n\n{OURS}\n")
    assert split.reply == ANSWER
    assert OURS in split.quoted


@pytest.mark.parametrize("mark", ATTRIBUTIONS[:12])
def test_the_answer_below_and_between(mark):
    below = split_reply(f"{mark}\n> {OURS}\n\n{ANSWER}")
    assert (below.reply, below.shown) == (ANSWER, ANSWER)
    between = split_reply(
        f"Hello,\n{mark}\n> Did you get INV-7?\n\nYes.\n\n> When will you pay?\n\nOn Friday."
    )
    assert between.reply == "Hello,\n\nYes.\n\nOn Friday."
    assert "> When will you pay?\n\nOn Friday." in between.shown  # a person needs the question, too


@pytest.mark.parametrize(
    "mark",
    [
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-------- Weitergeleitete Nachricht --------",
        "-------- Пересылаемое сообщение --------",
    ],
)
def test_a_forward_without_own_words_keeps_what_it_passes_on(mark):
    split = split_reply(
        f"{mark}\nFrom: Bob <b@x.example>\nDate: 2 March 2026\nSubject: Dispute\nTo: Ann\n\nThe goods were broken."
    )
    assert split.reply == "The goods were broken."
    assert "From: Bob" in split.quoted
    assert (
        split_reply(
            f"See below.\n\n{mark}\nFrom: Bob <b@x.example>\nDate: 2 March\nSubject: x\nTo: Ann\n\nBroken."
        ).reply
        == "See below."
    )


@pytest.mark.parametrize(
    "signature",
    ["-- \nAnn Doe\nAcme Ltd\n+1 555 0100", "Sent from my iPhone", "Von meinem iPhone gesendet", "Envoyé de mon iPhone", "Get Outlook for iOS", "Enviado desde mi iPhone", "iPhoneから送信",
     "________\nAnn Doe\nAcme Ltd", "This e-mail is confidential and intended solely for the addressee.\nPlease delete it."],
)  # fmt: skip
def test_signatures_are_set_apart(signature):
    split = split_reply(
        f"We pay on Friday.\n\n{signature}\n\nOn Mon, Mar 2, 2026 at 10:00 AM AR <ar@us.example> wrote:\n> x"
    )
    assert split.reply == "We pay on Friday."
    assert split.signature.split() == signature.split()


@pytest.mark.parametrize(
    "text",
    [
        "On 2 March we paid INV-7.\nOn 5 March we paid INV-8.",
        "I wrote to you on 2 March 2026 about the following:\nINV-7 is wrong.",
        "From: Berlin\nThe goods came late.",
        "Paid today:\n-----------\nINV-7  100.00\nINV-8  200.00",
        "Sent from our bank today, it should arrive tomorrow.",
        "The invoices:\n-- INV-7\n-- INV-8\nare paid.",
        "Date of payment: 5 March\nAmount: 100.00\nTo: your account",
    ],
)
def test_own_words_that_look_like_a_mark_are_kept(text):
    split = split_reply(text)
    assert split.reply == text
    assert split.quoted == ""


def test_html_says_where_the_quote_begins():
    samples = shared_data.require("data/email/quoted_replies")
    wanted = {
        "mailgun__html_replies__gmail.html": "Hi. I am fine.\n\nThanks,\nAlex",
        "mailgun__html_replies__hotmail.html": "Hi. I am fine.\n\nThanks,\nAlex",
        "mailgun__html_replies__thunderbird.html": "Hi. I am fine.\n\nThanks,\nAlex",
        "mailgun__html_replies__windows_mail.html": "Hi. I am fine.\n\nThanks,\nAlex",
        "mailgun__html_replies__ms_outlook_2010.html": "Hi. I am fine.\n\nThanks,\n\nAlex",
        "mailgun__fixtures__OLK_SRC_BODY_SECTION.html": "Reply",
        "mailgun__fixtures__reply-separated-by-hr.html": "Hi\nthere\nBob",
        "closeio__apple_reply.html": "Foo\n\nBar",
        "closeio__apple_forward.html": "test\n\nblah",
        "closeio__mailru_forward.html": "Дорогой Петр,\nЭто тест!",
        "closeio__thunderbird_forward.html": "Dear John,\n\nThis is a test.",
        "closeio__ios_mail_reply_unescaped_address.html": "Sounds good, I'll be there at 2.",
    }
    assert {name: split_reply("", (samples / name).read_text()).reply for name in wanted} == wanted


lines = st.lists(
    st.sampled_from(
        [
            "hello",
            "> x",
            "",
            *ATTRIBUTIONS[:4],
            *HEADS[:2],
            "--",
            "-----Original Message-----",
            "Sent from my iPhone",
            "______",
        ]
    )
    | st.text(max_size=30),
    max_size=25,
)


@given(lines)
@settings(max_examples=300, deadline=None)
def test_no_line_is_lost_and_no_quote_is_taken_for_an_answer(pieces):
    text = "\n".join(pieces)
    split = split_reply(text)
    assert not any(line.lstrip().startswith(">") for line in split.reply.split("\n")[1:])
    kept = f"{split.reply}\n{split.quoted}\n{split.signature}"
    for word in ("hello", "Original"):
        assert kept.count(word) >= text.count(word)
