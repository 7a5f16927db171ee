"""Markdown to rows of styled text, while it arrives.

    stream      text in pieces to final rows and live rows
    blocks      lines to blocks: CommonMark's containers and leaves (lines, containers)
    paragraph   phrases settled from the left, wrapped (phrases, inline, wrap)
    code        fenced and indented code (highlight)
    table       columns
    look, row   styles and signs; the row itself

Everything is one pass from left to right, so the cost per character is the same at the end of a long answer as at its
beginning, and a row that is out can never turn out to have been wrong.
"""
