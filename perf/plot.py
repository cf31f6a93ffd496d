"""plot: lines over a few values of a setting, as SVG written by hand."""

from xml.sax.saxutils import escape

COLOURS = ("#00758f", "#d98c2b", "#8a63a6", "#5f9e58")
WIDTH, HEIGHT = 300, 200   # of one panel's area
LEFT, TOP, GAP = 50, 40, 90
BOTTOM = 70                # for the settings' names and the legend


def panel(title, settings, lines, left, top_value):
    """The frame, and each line's values from 0 to top_value."""
    step = WIDTH / (len(settings) - 1)
    parts = [f'<text x="{left}" y="{TOP - 12}" font-size="13" '
             f'font-weight="bold">{escape(title)}</text>',
             f'<path d="M{left} {TOP}V{TOP + HEIGHT}H{left + WIDTH}" '
             'fill="none" stroke="black"/>']
    for tick in range(5):
        value = top_value * tick / 4
        y = TOP + HEIGHT - HEIGHT * tick / 4
        parts.append(f'<text x="{left - 6}" y="{y + 4}" font-size="10" '
                     f'text-anchor="end">{value:.3g}</text>')
    for index, name in enumerate(settings):
        parts.append(f'<text x="{left + index * step}" '
                     f'y="{TOP + HEIGHT + 16}" font-size="10" '
                     f'text-anchor="middle">{escape(str(name))}</text>')
    for number, values in enumerate(lines):
        points = " ".join(
            f"{left + index * step:.1f},"
            f"{TOP + HEIGHT - HEIGHT * value / top_value:.1f}"
            for index, value in enumerate(values))
        parts.append(f'<polyline points="{points}" fill="none" '
                     f'stroke="{COLOURS[number % len(COLOURS)]}" '
                     'stroke-width="2"/>')
    return parts


def write(path, settings, panels):
    """panels: (title, {name: values}) each; the names are the same in all."""
    parts = []
    for number, (title, lines) in enumerate(panels):
        top_value = max(max(values) for values in lines.values()) * 1.1
        parts += panel(title, settings, list(lines.values()),
                       LEFT + number * (WIDTH + GAP), top_value)
    x, y = LEFT, TOP + HEIGHT + 44
    for number, name in enumerate(panels[0][1]):
        colour = COLOURS[number % len(COLOURS)]
        parts.append(f'<rect x="{x}" y="{y}" width="10" height="10" '
                     f'fill="{colour}"/><text x="{x + 14}" y="{y + 9}" '
                     f'font-size="11">{escape(name)}</text>')
        x += 30 + 7 * len(name)
    width = LEFT + len(panels) * (WIDTH + GAP)
    height = TOP + HEIGHT + BOTTOM
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
                   f'height="{height}" font-family="sans-serif">\n'
                   f'<rect width="{width}" height="{height}" fill="white"/>\n'
                   + "\n".join(parts) + "\n</svg>\n")
