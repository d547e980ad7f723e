"""HTML of a mail made safe to show, and made into plain text.

`nh3` (the ammonia sanitizer, a real HTML5 parser) does the work. Before it stands a bound: a parser of HTML takes quadratic
time on deep nesting and on thousands of attributes, so such a page is shown as its bare text.
"""

from __future__ import annotations

import html as entities
import re

import nh3

HTML_CHARS = 2_000_000
DEPTH_MAX = 1_000
ATTRIBUTES_MAX = 1_000
TEXT_CHARS = 1_000_000
_TAGS = frozenset(
    "a abbr b blockquote br caption center code col colgroup dd del div dl dt em font h1 h2 h3 h4 h5 h6 hr i img ins li ol p pre"
    " q s small span strike strong sub sup table tbody td tfoot th thead tr tt u ul".split()
)
_TEXT_TAGS = frozenset(
    "a blockquote br caption dd div dl dt h1 h2 h3 h4 h5 h6 hr img li ol p pre table tbody td tfoot th thead tr ul center address"
    " article section header footer main aside".split()
)
_DROPPED = {
    "script",
    "style",
    "title",
    "head",
    "template",
    "noscript",
    "iframe",
    "object",
    "svg",
    "math",
    "select",
    "textarea",
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"alt"},
    "td": {"colspan", "rowspan", "align", "style"},
    "th": {"colspan", "rowspan", "align", "style"},
    "ol": {"start"},
    "*": {"dir", "lang"},
    **{tag: {"style", "align"} for tag in ("p", "div", "span", "h1", "h2", "h3", "h4")},
}
# No colour and no size: what is white on white, or too small to see, would be read by nobody but a machine.
_STYLES = {"text-align", "font-weight", "font-style", "text-decoration"}
_SCHEMES = {"http", "https", "mailto", "tel"}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,30})")
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_CLOSES_ITSELF = frozenset("p li td th tr dt dd option tbody thead tfoot body html".split())
_DATA = re.compile(r"data:[^\"'>\s]{40,}")
_IMAGE = re.compile(r"<img((?:\s[a-z-]+=\"[^\"]*\")*)\s*/?>")
_ALT = re.compile(r"alt=\"([^\"]*)\"")
_LINK = re.compile(r"<a((?:\s[a-z-]+=\"[^\"]*\")*)>((?:(?!</a>).){0,5000}?)</a>", re.DOTALL)
_HREF = re.compile(r"href=\"([^\"]*)\"")
_TOKEN = re.compile(r"<(/?)([a-z0-9]+)((?:\s[a-z-]+=\"[^\"]*\")*)\s*/?>|([^<]+)")
_BLOCKS = frozenset(
    "div p dl dd dt ul ol table caption blockquote center pre address article section header footer main aside".split()
)
_HEADS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


def safe_html(html: str) -> str:
    """HTML that may be shown: no scripts, no forms, nothing loaded from elsewhere, few styles. Linear time, whatever it holds.

    A picture becomes a mark with its description (a remote one tells the sender who reads when), a link shows the host it
    goes to when its words do not, opens apart and tells the target nothing.
    """
    html = html[:HTML_CHARS]
    if _too_deep(html):
        return f"<pre>{entities.escape(_bare(html))}</pre>"
    clean = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=_DROPPED,
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=_STYLES,
        attribute_filter=_attribute,
    )
    return _LINK.sub(_shown_link, _IMAGE.sub(_shown_image, clean))


def _attribute(tag: str, name: str, value: str) -> str | None:
    """No link within our own site: "/accounts/delete" in a mail must not point at us."""
    if tag == "a" and name == "href" and not re.match(r"\s*(?:https?://|mailto:|tel:)", value, re.IGNORECASE):
        return None
    return value


def _shown_image(found: re.Match[str]) -> str:
    alt = _ALT.search(found[1])
    words = alt[1].strip() if alt else ""
    return (
        f'<span class="mail-image">[image: {words}]</span>'
        if words
        else '<span class="mail-image">[image]</span>'
    )


def _shown_link(found: re.Match[str]) -> str:
    href = _HREF.search(found[1])
    host = _host(entities.unescape(href[1])) if href else ""
    # Words that are themselves an address must be exactly the host; other words hide it, so it is shown.
    words = entities.unescape(re.sub(r"<[^>]{0,1000}>", "", found[2])).strip().lower()
    if (
        not host
        or words in (host, f"www.{host}")
        or words.startswith((f"https://{host}/", f"http://{host}/"))
    ):
        return found[0]
    return f'{found[0]}<span class="mail-target"> ({entities.escape(host)})</span>'


def _host(url: str) -> str:
    """The host a link goes to: behind a user name, which is there to mislead, and before the port."""
    found = re.match(r"\s*https?:[/\\]{2,9}([^/\\?#\s]{1,300})", url, re.IGNORECASE)
    if found is None:
        return ""
    return found[1].rpartition("@")[2].partition(":")[0].lower().removeprefix("www.")


def _too_deep(html: str) -> bool:
    """Whether elements nest deeper, or one carries more attributes, than any real page: counted by name, in one pass."""
    open_of: dict[str, int] = {}
    depth = 0
    for found in _TAG.finditer(html):
        name = found[2].lower()
        if name in _VOID or name in _CLOSES_ITSELF:
            continue
        held = open_of.get(name, 0)
        if not found[1]:
            open_of[name] = held + 1
            depth += 1
        elif held:
            open_of[name] = held - 1
            depth -= 1
        if depth > DEPTH_MAX:
            return True
    for piece in _DATA.sub("", html).split("<"):
        if len(piece) > ATTRIBUTES_MAX:
            inside = piece.partition(">")[0]
            if sum(inside.count(mark) for mark in " \t\n\r\f/") > ATTRIBUTES_MAX:
                return True
    return False


def _bare(html: str) -> str:
    """Text of a page that is too deep to be parsed: tags and scripts cut out, entities read. One pass."""
    out: list[str] = []
    within = ""
    for at, piece in enumerate(html[:TEXT_CHARS].split("<")):
        tag, _, words = piece.partition(">") if at else ("", "", piece)
        name = tag[:8].lower()
        if within:
            within = "" if name.startswith(f"/{within}") else within
        elif name.startswith(("script", "style")):
            within = name[:5] if name.startswith("style") else "script"
        if not within:
            out.append(words)
    return _tidy(entities.unescape("".join(out)))


def text_of_html(html: str) -> str:
    """What a person would read, as plain text: lists with dashes, table cells with tabs, links with their target behind."""
    html = html[:HTML_CHARS]
    if not html.strip():
        return ""
    if _too_deep(html):
        return _bare(html)
    clean = nh3.clean(
        html,
        tags=set(_TEXT_TAGS),
        clean_content_tags=_DROPPED,
        attributes={"a": {"href"}, "img": {"alt"}},
        url_schemes=_SCHEMES,
        link_rel=None,
    )
    return _tidy(_Text().read(clean))


class _Text:
    """One pass over the cleaned HTML, which is well formed: every tag closed, every attribute in double quotes."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.pre = 0
        self.quote = 0
        self.cells = 0
        self.link = ""
        self.link_at = 0
        self.lists: list[int] = []  # -1 for a dashed list, else the last number

    def read(self, clean: str) -> str:
        for found in _TOKEN.finditer(clean):
            if found[4] is not None:
                self._words(entities.unescape(found[4]))
            elif found[1]:
                self._close(found[2])
            else:
                self._open(found[2], found[3])
        return "".join(self.out)

    def _words(self, text: str) -> None:
        if not self.pre:
            text = re.sub(r"[ \t\n\r\f]+", " ", text)
            if text == " " and (not self.out or self.out[-1].endswith(("\n", " ", "\t"))):
                return
            if not self.out or self.out[-1].endswith(("\n", "\t")):
                text = text.lstrip(" ")
        if self.quote and text and (not self.out or self.out[-1].endswith("\n")):
            text = "> " * min(self.quote, 20) + text
        if text:
            self.out.append(text)

    def _line(self, blank: bool = False) -> None:
        if self.out and not self.out[-1].endswith("\n"):
            self.out.append("\n")
        if blank and self.out and self.out[-1] != "\n\n":
            self.out.append("\n\n")

    def _open(self, tag: str, attributes: str) -> None:
        if tag == "br":
            self.out.append("\n")
        elif tag == "hr":
            self._line()
            self._words("-----")
            self._line()
        elif tag == "img":
            alt = _ALT.search(attributes)
            self._words(entities.unescape(alt[1]) if alt else "")
        elif tag == "a":
            href = _HREF.search(attributes)
            target = entities.unescape(href[1]) if href else ""
            self.link, self.link_at = (
                target if re.match(r"https?://|mailto:|tel:", target) else "",
                len(self.out),
            )
        elif tag == "li":
            self._line()
            if self.lists and self.lists[-1] >= 0:
                self.lists[-1] += 1
            self._words(f"{self.lists[-1]}. " if self.lists and self.lists[-1] > 0 else "- ")
        elif tag in ("td", "th"):
            if self.cells and self.out and not self.out[-1].endswith(("\n", "\t")):
                self.out.append("\t")
            self.cells += 1
        elif tag == "tr":
            self.cells = 0
            self._line()
        else:
            self._open_block(tag)

    def _open_block(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self.lists.append(0 if tag == "ol" else -1)
        if tag == "blockquote":
            self._line()
            self.quote += 1
        elif tag == "pre":
            self._line()
            self.pre += 1
        elif tag in _BLOCKS and not self.cells:
            self._line()
        elif tag in _HEADS:
            self._line(blank=True)

    def _close(self, tag: str) -> None:
        if tag == "a":
            words = "".join(self.out[self.link_at :]).strip()
            target = self.link.removeprefix("mailto:").removeprefix("tel:")
            if target and words and _plain(target) != _plain(words):
                self.out.append(f" <{target}>")
            self.link = ""
        elif tag in ("ul", "ol"):
            self.lists = self.lists[:-1]
            self._line()
        elif tag == "blockquote":
            self._line()
            self.quote = max(0, self.quote - 1)
        elif tag == "pre":
            self._line()
            self.pre = max(0, self.pre - 1)
        elif tag == "table":
            self.cells = 0
            self._line()
        elif tag == "p" or tag in _HEADS:
            self._line(blank=True)
        elif tag in ("tr", "li") or (tag in _BLOCKS and not self.cells):
            self._line()


def _plain(url: str) -> str:
    return re.sub(r"^https?://(?:www\.)?", "", url.strip().lower()).rstrip("/")


def _tidy(text: str) -> str:
    """Blanks at line ends and rows of empty lines taken out; invisible filler of newsletters too."""
    text = re.sub(r"[\u00ad\u034f\u200b\u200c\u2060\ufeff\0]", "", text[:TEXT_CHARS]).replace("\xa0", " ")
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
