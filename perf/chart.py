"""chart: horizontal bars as SVG, written by hand; no library needed."""

from xml.sax.saxutils import escape

COLOURS = ("#00758f", "#b0b0b0", "#d98c2b", "#8a63a6", "#5f9e58", "#c0504d",
           "#444444")
LABEL_WIDTH = 130
PLOT_WIDTH = 420
BAR_HEIGHT = 9
ROW_GAP = 8
TITLE_HEIGHT = 34
LEGEND_HEIGHT = 26
MARGIN = 10
CLIP = 3.0  # bars longer than this are cut and carry their figure


def draw_bar(x, y, value, colour):
    """One bar from x to the right; its figure stands behind it."""
    length = min(value, CLIP) / CLIP * PLOT_WIDTH
    mark = "+" if value > CLIP else ""
    return (f'<rect x="{x}" y="{y}" width="{length:.1f}" '
            f'height="{BAR_HEIGHT - 1}" fill="{colour}"/>'
            f'<text x="{x + length + 3:.1f}" y="{y + BAR_HEIGHT - 2}" '
            f'font-size="8">{value:.2f}{mark}</text>')


def draw_panel(title, rows, top):
    """A title and one group of bars per row; returns the parts and the end."""
    x = MARGIN + LABEL_WIDTH
    parts = [f'<text x="{x}" y="{top + 20}" font-size="13" '
             f'font-weight="bold">{escape(title)}</text>']
    y = top + TITLE_HEIGHT
    start = y
    for name, values in rows:
        middle = y + len(values) * BAR_HEIGHT / 2 + 3
        parts.append(f'<text x="{x - 6}" y="{middle:.1f}" font-size="10" '
                     f'text-anchor="end">{escape(name)}</text>')
        for index, value in enumerate(values):
            if value is not None:
                colour = COLOURS[index % len(COLOURS)]
                parts.append(draw_bar(x, y, value, colour))
            y += BAR_HEIGHT
        y += ROW_GAP
    one = x + PLOT_WIDTH / CLIP
    parts.append(f'<line x1="{one:.1f}" y1="{start - 4}" x2="{one:.1f}" '
                 f'y2="{y - 4}" stroke="black" stroke-dasharray="3 3"/>')
    return parts, y


def draw_legend(names, y):
    parts = []
    x = MARGIN + LABEL_WIDTH
    for index, name in enumerate(names):
        colour = COLOURS[index % len(COLOURS)]
        parts.append(f'<rect x="{x}" y="{y}" width="10" height="10" '
                     f'fill="{colour}"/><text x="{x + 14}" y="{y + 9}" '
                     f'font-size="11">{escape(name)}</text>')
        x += 24 + 7 * len(name)
    return parts


def draw_panels(panels, names):
    """The whole picture: panels are (title, [(row name, values)])."""
    parts = draw_legend(names, MARGIN)
    y = MARGIN + LEGEND_HEIGHT
    for title, rows in panels:
        more, y = draw_panel(title, rows, y)
        parts += more
    width = MARGIN * 2 + LABEL_WIDTH + PLOT_WIDTH + 40
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
            f'height="{y + MARGIN}" font-family="sans-serif">\n'
            '<rect width="100%" height="100%" fill="white"/>\n'
            + "\n".join(parts) + "\n</svg>\n")
