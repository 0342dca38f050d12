"""The document around script and data: the template with its texts, notices and tabs."""

from __future__ import annotations

import string
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sozialraum.publish.content import Info
    from sozialraum.study import Study

TABS = ("overview", "rooms", "card", "table", "method")

SUBTITLE = '<span class="subtitle" lang="${language}">${info.subtitle}</span>'
NOTICES = """\
<div class="banners" role="region" aria-label="${text.notices}" data-t-label="notices">
${banners}
</div>
"""
BANNERS = {
    "fictitious": '  <p class="banner fictitious"><strong data-t="fictitious">${text.fictitious}'
    '</strong> <span data-t="fictitious.text">${text.fictitious.text}</span></p>',
    "internal": '  <p class="banner internal"><strong data-t="internal">${text.internal}</strong> '
    '<span data-t="internal.text">${text.internal.text}</span></p>',
}
WARNING = '  <p class="banner" lang="${language}">${warning}</p>'
CONSENT = """\
    <div class="consent"><p id="basemap-text"></p><button type="button" id="basemap-toggle" \
aria-pressed="false"></button><p id="basemap-source" lang="${language}"></p></div>
"""
TAB = """\
    <button type="button" role="tab" id="tab-${name}" aria-controls="panel-${name}" \
aria-selected="false" data-t="tab.${name}">${title}</button>
"""
PANEL = """\
  <div role="tabpanel" id="panel-${name}" aria-labelledby="tab-${name}" tabindex="0" hidden>
    <h2 data-t="panel.${name}">${title}</h2>
    <div id="${name}"></div>
  </div>
"""


class _Markup(string.Template):
    """Markup with places like ``${text.print}``."""

    braceidpattern = r"[a-z][a-z_.]*"


def document(
    template: str, info: Info, study: Study, texts: Mapping[str, str], parts: Mapping[str, str]
) -> str:
    """The whole page.

    Parameters
    ----------
    template : str
        Markup with places ``${name}``: a text of the page (``${text.print}``), or a part.
    info : Info
        What stands on the cover; escaped.
    study : Study
        For its background map.
    texts : mapping
        The page's own texts in the language of the study; escaped.
    parts : mapping
        Style, scripts, data and policy, which enter as they are.

    Raises
    ------
    KeyError
        The template names a place that nothing fills.
    """
    attributions = dict.fromkeys(s.attribution or s.title for s in info.sources)
    values = {f"text.{key}": escape(text) for key, text in texts.items()} | {
        "language": escape(info.language),
        "info.title": escape(info.title),
        "info.subtitle": escape(info.subtitle),
        "info.region": escape(info.region_name),
        "info.version": escape(info.version),
        "info.fingerprint": escape(info.fingerprint),
        "attributions": escape(" · ".join(attributions)),
    }

    def fill(markup: str, **more: str) -> str:
        return _Markup(markup).substitute(values, **more)

    shown = [fill(markup) for kind, markup in BANNERS.items() if getattr(info, kind)]
    shown += [fill(WARNING, warning=escape(text)) for text in info.warnings]
    return fill(
        template,
        **parts,
        subtitle=fill(SUBTITLE) if info.subtitle else "",
        notices=fill(NOTICES, banners="\n".join(shown)) if shown else "",
        consent=fill(CONSENT) if study.layers.basemap else "",
        tabs="".join(fill(TAB, name=n, title=escape(texts[f"tab.{n}"])) for n in TABS),
        panels="".join(fill(PANEL, name=n, title=escape(texts[f"panel.{n}"])) for n in TABS),
    )
