"""The dossier as a page that a manager can read: the verdict first, then why, then the numbers."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from data.amounts import percent
from data.promotion import OTHER_CASES, Check, Difference, Dossier, Finding, Window
from data.record import instant_text
from features.definition import plain_name
from training.sideways import SIDEWAYS

_MARK = {Finding.PASSED: "passed", Finding.NOTED: "note", Finding.REFUSED: "refused"}
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1d2733}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}
.wide{overflow-x:auto}table{border-collapse:collapse;min-width:40rem}
.numbers{background:linear-gradient(90deg,#fff 1.2rem,#fff0) left/3rem no-repeat local,
linear-gradient(270deg,#fff 1.2rem,#fff0) right/3rem no-repeat local,
linear-gradient(90deg,#0004,#0000) left/.8rem no-repeat,
linear-gradient(270deg,#0004,#0000) right/.8rem no-repeat}
.sideways{display:none;margin:.2rem 0;color:#5a6673;font-size:.9rem}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d8dee6;
vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.verdict{padding:.8rem 1rem;border-left:.4rem solid #2b7a4b;background:#eef7f1}
.verdict.refused{border-color:#b3261e;background:#fcefee}
.refused{color:#b3261e;font-weight:600}.note{color:#8a5a00}.passed{color:#2b7a4b}
code{font-size:.85em}code,p,li,dd,.checks td:last-child{overflow-wrap:anywhere}
.checks td:not(:last-child){white-space:nowrap}.numbers code{display:block;overflow-wrap:normal;color:#5a6673}
@media(max-width:40rem){.sideways{display:block}
.checks table{min-width:0}.checks thead{display:none}.checks tr,.checks td{display:block}
.checks tr{padding:.5rem 0;border-bottom:1px solid #d8dee6}.checks td{padding:0;border:0}
.checks td:not(:last-child){display:inline-block;margin-right:.6rem}}
"""


class _Markup(str):
    """A cell that is markup already, escaped where it was made."""

    __slots__ = ()


def page(dossier: Dossier) -> str:
    """A whole HTML document; no script, nothing from elsewhere."""
    body = [
        "<h1>May the challenger take over?</h1>",
        _verdict(dossier),
        f"<p>Compared on {dossier.window.n:,} cases of {dossier.window.exceptions:,} exceptions "
        f"{_cases(dossier.window)} Both bundles answered the same of them in each task: those whose outcome tells its "
        "truth, as many as its metrics name. "
        f"Intervals come from {dossier.resamples:,} paired resamples of "
        f"{dossier.window.resampled}, drawn with seed {dossier.seed}.</p>",
        "<h2>Checks</h2>",
        _table(("", "task", "check", "what it found"), map(_check, _by_caution(dossier.checks)), kind="checks"),
        "<h2>Side by side</h2>",
        _table(
            ("task", "metric", "cases", "champion", "challenger", "difference", "95 % of resamples"),
            map(_difference, dossier.differences),
            numbers=range(2, 7),
        ),
        f"<p>Lower is better for log loss (nats) and expected cost ({dossier.currency} a case: somebody acts where "
        "probability times the policy's cost of the event exceeds the cost of acting; a wrong label costs one "
        "investigation). Higher is better for average precision.</p>",
        "<h2>Worst slices</h2>",
        _table(
            ("task", "slice", "cases", "champion", "challenger", "difference"),
            (
                (
                    s.task.value,
                    f"{plain_name(s.by)}: {s.value}",
                    f"{s.n:,}",
                    _n(s.champion),
                    _n(s.challenger),
                    f"{s.difference:+.4f}",
                )
                for s in dossier.slices
            ),
            numbers=range(2, 6),
        ),
        "<h2>What carries the scores</h2>",
        _table(
            ("task", "feature", "champion", "challenger"),
            ((s.task.value, _feature(s.feature), _share(s.champion), _share(s.challenger)) for s in dossier.shares),
            numbers=range(2, 4),
        ),
        "<h2>Calibration and cost of answering</h2>",
        _table(
            ("task", "champion", "challenger"),
            ((c.task.value, _n(c.champion), _n(c.challenger)) for c in dossier.calibrations),
            numbers=range(1, 3),
        ),
        f"<p>Predicting and explaining a case: {dossier.cost.challenger_milliseconds:.1f} ms against "
        f"{dossier.cost.champion_milliseconds:.1f} ms. Files: {dossier.cost.challenger_bytes / 1e6:.2f} MB against "
        f"{dossier.cost.champion_bytes / 1e6:.2f} MB.</p>",
        f"<p>Challenger <code>{dossier.challenger}</code><br>champion <code>{dossier.champion}</code><br>policy "
        f"<code>{dossier.policy}</code><br>made {instant_text(dossier.made_at)}</p>",
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Dossier of a promotion</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _cases(window: Window) -> str:
    """Of when they are and why neither bundle had seen them."""
    if window.untaught is not None:
        return f"of {escape(window.history)} that taught neither: {window.untaught.says}. {OTHER_CASES}."
    begins, ends = map(instant_text, window.days or ())
    return f"from {begins} to {ends} ({escape(window.history)}), days after those that both say taught them."


def _verdict(dossier: Dossier) -> str:
    if dossier.refusals:
        told = "".join(f"<li>{escape(_words(each))}</li>" for each in dossier.refusals)
        return f'<div class="verdict refused"><strong>No.</strong> It is refused because:<ul>{told}</ul></div>'
    noted = [each for each in dossier.checks if each.finding is Finding.NOTED]
    told = "".join(f"<li>{escape(_words(each))}</li>" for each in noted)
    also = f" Know this before you agree:<ul>{told}</ul>" if noted else ""
    return f'<div class="verdict"><strong>It may</strong>, once another person agrees.{also}</div>'


def _words(check: Check) -> str:
    return f"{check.task or 'the bundle'}: {check.says}"


def _by_caution(checks: Iterable[Check]) -> list[Check]:
    return sorted(checks, key=lambda each: -list(Finding).index(each.finding))


def _check(check: Check) -> tuple[str, ...]:
    return (_MARK[check.finding], check.task.value if check.task else "", check.name.value, check.says)


def _difference(each: Difference) -> tuple[str, ...]:
    return (
        each.task.value,
        each.metric.value.replace("_", " "),
        f"{each.n:,}",
        _n(each.champion),
        _n(each.challenger),
        f"{each.difference:+.4f}",
        f"{each.low:+.4f} to {each.high:+.4f}",
    )


def _n(value: float) -> str:
    return f"{value:.4f}"


def _share(value: float | None) -> str:
    return "no feature of it" if value is None else percent(value)


def _feature(name: str) -> str:
    """A feature as people read it; with the name by which the code, the card and the history know it, if another."""
    plain = plain_name(name)
    return name if plain == name else _Markup(f"{escape(plain)} <code>{escape(name)}</code>")


def _table(
    names: Iterable[str], rows: Iterable[tuple[str, ...]], numbers: Iterable[int] = (), kind: str = "numbers"
) -> str:
    right = set(numbers)

    def cell(tag: str, column: int, text: str) -> str:
        kind = ' class="n"' if column in right else f' class="{text}"' if text in _MARK.values() else ""
        return f"<{tag}{kind}>{text if isinstance(text, _Markup) else escape(text)}</{tag}>"

    head = "".join(cell("th", column, name) for column, name in enumerate(names))
    body = "".join(f"<tr>{''.join(cell('td', at, text) for at, text in enumerate(row))}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    hint = SIDEWAYS if kind == "numbers" else ""
    return f'{hint}<div class="wide {kind}" tabindex="0">{table}</div>'
