"""Three small plots as SVG, drawn without a library. Each says in words what it shows, for those who can't see it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup, escape

from extractor.policy.money import Money
from extractor.policy.reports.figures import Figures
from extractor.policy.reports.ranking import SEVERITIES
from extractor.policy.reports.showing import clean, hours, said

_WIDTH, _HEIGHT = 440, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 16, 36
_BARS = 8
_POINTS = 200


@dataclass(frozen=True)
class Plot:
    title: str
    says: str
    """What the plot shows, in a sentence."""
    svg: Markup


def plots(figures: Figures) -> list[Plot]:
    """Those plots for which there is something to show."""
    made = (_recovery(figures), _by_rule(figures), _by_month(figures))
    return [plot for plot in made if plot is not None]


def _recovery(figures: Figures) -> Plot | None:
    """How fast money comes back when the queue is worked from its top."""
    waiting = [one for one in figures.queue if one.common and one.common.amount > 0]
    if len(waiting) < 2:
        return None
    currency = waiting[0].common.currency if waiting[0].common else ""
    steps: list[tuple[Decimal, Decimal]] = [(Decimal(0), Decimal(0))]
    for one in waiting:
        if one.common and one.common.currency == currency:
            steps.append((steps[-1][0] + one.minutes, steps[-1][1] + one.common.amount))
    time, money = steps[-1]
    if len(steps) < 3:
        return None
    soon = next(minutes for minutes, back in steps if back >= money * Decimal("0.8"))
    total = Money(money, currency).rounded()
    says = f"80 % of the expected {said(total)} comes back within {hours(soon)} of {hours(time)} of review."
    every = max(1, len(steps) // _POINTS)
    shown = [*steps[::every], steps[-1]]
    line = " ".join(f"{_x(float(a / time)):.1f},{_y(float(b / money)):.1f}" for a, b in shown)
    area = f"{_x(0):.1f},{_y(0):.1f} {line} {_x(1):.1f},{_y(0):.1f}"
    at = _x(float(soon / time))
    mark = (
        f'<line class="guide" x1="{at:.1f}" y1="{_y(0):.1f}" x2="{at:.1f}" y2="{_y(0.8):.1f}"/>'
        f'<line class="guide" x1="{_x(0):.1f}" y1="{_y(0.8):.1f}" x2="{at:.1f}" y2="{_y(0.8):.1f}"/>'
        f'<circle class="dot" cx="{at:.1f}" cy="{_y(0.8):.1f}" r="4"/>'
    )
    axes = _levels([(share, f"{share:.0%}") for share in (0, 0.25, 0.5, 0.75, 1)])
    under = _under(0, "0", "start") + _under(1, hours(time), "end")
    if 0.18 < float(soon / time) < 0.75:
        under += _under(float(soon / time), hours(soon), "middle")
    body = f'{axes}<polygon class="area" points="{area}"/><polyline class="line" points="{line}"/>{mark}{under}'
    return Plot("Money back over review time", says, _svg(body, says, _HEIGHT))


def _by_rule(figures: Figures) -> Plot | None:
    """Money at stake by rule, in the currency with the most of it found."""
    currency = next(iter(figures.stake), None)
    if currency is None:
        return None
    found = [(rule.name, rule.stake[currency]) for rule in figures.rules if rule.stake.get(currency)]
    found.sort(key=lambda one: (-one[1], one[0]))
    if not found:
        return None
    top, most = found[:_BARS], found[0][1]
    says = f"Most money is at stake under the rule {found[0][0]}: {said(Money(most, currency))}."
    row = 40
    body = ""
    for place, (name, stake) in enumerate(top):
        y = 4 + place * row
        label = said(Money(stake, currency))
        body += (
            f'<text class="label" x="0" y="{y + 12}">{escape(clean(name, 36))}</text>'
            f'<text class="value" x="{_WIDTH}" y="{y + 12}" text-anchor="end">{escape(label)}</text>'
            f'<rect class="rail" x="0" y="{y + 18}" width="{_WIDTH}" height="10" rx="3"/>'
            f'<rect class="bar" x="0" y="{y + 18}" width="{max(2.0, float(stake / most) * _WIDTH):.1f}" '
            'height="10" rx="3"/>'
        )
    more = f" (the first {len(top)} of {len(found)})" if len(found) > len(top) else ""
    return Plot(f"Money at stake by rule, {currency}{more}", says, _svg(body, says, row * len(top) + 4))


def _by_month(figures: Figures) -> Plot | None:
    """Claims with findings by month of the expense, stacked by their gravest finding."""
    months: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in figures.entries:
        if one.date and one.severity:
            months[f"{one.date:%Y-%m}"][one.severity] += 1
    names = sorted(months)[-24:]
    if len(names) < 2:
        return None
    most = max(months[name].total() for name in names)
    peak = max(names, key=lambda name: months[name].total())
    says = f"Claims with findings, by month of the expense; most in {peak}: {months[peak].total()}."
    step = (_WIDTH - _LEFT - _RIGHT) / len(names)
    body = _levels([(share, f"{most * share:.0f}") for share in _even(most)])
    for place, name in enumerate(names):
        x, base = _LEFT + place * step, 0.0
        for severity in reversed(SEVERITIES):
            if count := months[name][severity]:
                top = base + count / most
                body += (
                    f'<rect class="{severity}" x="{x + step * 0.15:.1f}" y="{_y(top):.1f}" '
                    f'width="{min(step * 0.7, 46):.1f}" height="{_y(base) - _y(top):.1f}">'
                    f"<title>{name}: {count} {severity}</title></rect>"
                )
                base = top
        if place % -(-len(names) // 6) == 0:
            body += _text(x + step * 0.15, _HEIGHT - _BOTTOM + 18, name, "start")
    for place, severity in enumerate(SEVERITIES):
        x = _LEFT + place * 90
        body += f'<rect class="{severity}" x="{x}" y="{_HEIGHT - 1}" width="11" height="11"/>'
        body += _text(x + 16, _HEIGHT + 9, severity, "start")
    return Plot("Claims with findings by month", says, _svg(body, says, _HEIGHT + 16))


def _even(most: int) -> Sequence[float]:
    """Where lines go across, so that they stand at whole numbers."""
    return next(([place / parts for place in range(parts + 1)] for parts in (4, 3, 2) if most % parts == 0), [0, 1])


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _levels(levels: Sequence[tuple[float, str]]) -> str:
    return "".join(
        f'<line class="grid" x1="{_LEFT}" y1="{_y(at):.1f}" x2="{_WIDTH - _RIGHT}" y2="{_y(at):.1f}"/>'
        + _text(_LEFT - 6, _y(at) + 4, label, "end")
        for at, label in levels
    )


def _under(share: float, label: str, anchor: str) -> str:
    return _text(_x(share), _HEIGHT - _BOTTOM + 18, label, anchor)


def _text(x: float, y: float, label: str, anchor: str) -> str:
    return f'<text class="tick" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(label)}</text>'


def _svg(body: str, says: str, height: int) -> Markup:
    # The parts are numbers, our own words, and text that was escaped where it was put in.
    return Markup(
        f'<svg role="img" aria-label="{escape(says)}" viewBox="0 0 {_WIDTH} {height}" '
        f'xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )
