"""Draws lines over a logarithmic or a plain axis, as one SVG for both colour schemes."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, GAP = 300, 190, 44, 34, 40, 16
COLOURS = [("#0b6bcb", "#58a6ff"), ("#1a7f37", "#3fb950"), ("#9a6700", "#d29922"), ("#8250df", "#bc8cff")]

STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600;font-size:12px}"
    ".axis{stroke:#d0d7de;fill:none}"
    + "".join(f".l{i}{{stroke:{light};fill:{light}}}" for i, (light, _) in enumerate(COLOURS))
    + "polyline{fill:none!important;stroke-width:2}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.axis{stroke:#3d444d}"
    + "".join(f".l{i}{{stroke:{dark};fill:{dark}}}" for i, (_, dark) in enumerate(COLOURS))
    + "}"
)


def short(number):
    for limit, unit in ((1_000_000, "M"), (1000, "k")):
        if number >= limit:
            return f"{number / limit:g}{unit}"
    return f"{number:g}"


def panel(at, title, across, lines, logarithmic):
    """One drawing; `lines` maps a name to [(x, y), ...]."""
    xs = sorted({x for points in lines.values() for x, _ in points})
    highest = max(y for points in lines.values() for _, y in points)
    step = 10 ** math.floor(math.log10(highest))
    step = next(step * part for part in (0.2, 0.5, 1, 2) if highest / (step * part) <= 6)
    scale = math.log10 if logarithmic else float
    low, high = scale(xs[0]), scale(xs[-1])
    x_of = lambda x: LEFT + (scale(x) - low) / ((high - low) or 1) * (WIDTH - LEFT - 10)
    y_of = lambda y: HEIGHT - BOTTOM - y / highest * (HEIGHT - TOP - BOTTOM)
    parts = [f'<g transform="translate({at},0)"><text class="title" x="4" y="14">{escape(title)}</text>']
    for tick in range(int(highest / step) + 1):
        y = y_of(tick * step)
        parts.append(f'<path class="axis" d="M{LEFT} {y:.1f}H{WIDTH - 6}"/>'
                     f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{short(tick * step)}</text>')
    for x in xs:
        parts.append(f'<text x="{x_of(x):.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">{short(x)}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(across)}</text>')
    for points, colour in zip(lines.values(), range(len(COLOURS))):
        path = " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in points)
        dots = "".join(f'<circle cx="{x_of(x):.1f}" cy="{y_of(y):.1f}" r="2.5"/>' for x, y in points)
        parts.append(f'<g class="l{colour}"><polyline points="{path}"/>{dots}</g>')
    parts.append("</g>")
    return "".join(parts)


def drawing(panels):
    """The SVG of panels side by side; each is (title, axis, lines, logarithmic)."""
    names = list(dict.fromkeys(name for _, _, lines, _ in panels for name in lines))
    # A name has the same colour in all panels.
    panels = [(title, axis, {n: lines.get(n, []) for n in names}, log) for title, axis, lines, log in panels]
    width = len(panels) * (WIDTH + GAP)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT + 22}" width="{width}" '
             f'height="{HEIGHT + 22}" role="img"><title>Hits a second</title><style>{STYLE}</style>']
    parts += [panel(i * (WIDTH + GAP), *p) for i, p in enumerate(panels)]
    at = LEFT
    for colour, name in enumerate(names):
        parts.append(f'<g transform="translate({at},{HEIGHT + 10})"><circle class="l{colour}" r="4" cy="-4"/>'
                     f'<text x="9">{escape(name)}</text></g>')
        at += 30 + 7 * len(name)
    return "".join(parts) + "</svg>\n"
